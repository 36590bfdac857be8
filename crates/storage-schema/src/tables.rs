//! The tables, in types that every engine has. The migrations of each engine say the same in SQL.
#![expect(missing_docs, reason = "tables and columns are explained where they are made, in the migrations")]

diesel::table! {
    counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    settings (id) {
        id -> BigInt,
        body -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        algorithm -> Text,
        state -> Text,
        private_key -> Binary,
        private_key_sealed_by -> Text,
        certificate -> Binary,
        created_at -> BigInt,
        state_since -> BigInt,
        published_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        secret -> Nullable<Binary>,
        secret_sealed_by -> Nullable<Text>,
        body -> Text,
        created_at -> BigInt,
        version -> BigInt,
        epoch -> BigInt,
    }
}

diesel::table! {
    resource_servers (seq) {
        seq -> BigInt,
        id -> Text,
        identifier -> Text,
        signing_secret -> Nullable<Binary>,
        signing_secret_sealed_by -> Nullable<Text>,
        body -> Text,
        version -> BigInt,
        epoch -> BigInt,
    }
}

diesel::table! {
    client_grants (seq) {
        seq -> BigInt,
        id -> Text,
        client_id -> Text,
        audience -> Text,
        subject_type -> Text,
        scope -> Text,
        allow_all_scopes -> Bool,
        body -> Text,
        version -> BigInt,
        epoch -> BigInt,
    }
}

diesel::table! {
    connections (seq) {
        seq -> BigInt,
        id -> Text,
        name -> Text,
        strategy -> Text,
        body -> Text,
        version -> BigInt,
        epoch -> BigInt,
    }
}

diesel::table! {
    scripts (seq) {
        seq -> BigInt,
        id -> Text,
        kind -> Text,
        name -> Text,
        secrets -> Nullable<Binary>,
        secrets_sealed_by -> Nullable<Text>,
        body -> Text,
        version -> BigInt,
        epoch -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        connection_id -> Text,
        email -> Nullable<Text>,
        email_verified -> Bool,
        username -> Nullable<Text>,
        password -> Nullable<Text>,
        body -> Text,
        blocked -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        password_changed_at -> Nullable<BigInt>,
        last_login -> Nullable<BigInt>,
        last_ip -> Nullable<Text>,
        logins_count -> BigInt,
        version -> BigInt,
        epoch -> BigInt,
    }
}

diesel::table! {
    user_identifiers (connection_id, identifier) {
        connection_id -> Text,
        identifier -> Text,
        user_id -> Text,
    }
}

diesel::table! {
    identities (connection_id, provider, provider_user_id) {
        connection_id -> Text,
        provider -> Text,
        provider_user_id -> Text,
        user_id -> Text,
        place -> BigInt,
        tokens -> Nullable<Binary>,
        tokens_sealed_by -> Nullable<Text>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        handle -> Binary,
        user_id -> Text,
        connection_id -> Text,
        organization_id -> Nullable<Text>,
        issuer -> Text,
        auth_time -> BigInt,
        amr -> Text,
        acr -> Nullable<Text>,
        created_at -> BigInt,
        idle_lifetime -> BigInt,
        idle_expires_at -> BigInt,
        expires_at -> BigInt,
        persistent -> Bool,
        user_agent -> Text,
        ip -> Text,
        ended_at -> Nullable<BigInt>,
        epoch -> BigInt,
    }
}

diesel::table! {
    session_clients (session_id, client_id) {
        session_id -> Text,
        client_id -> Text,
        joined_at -> BigInt,
    }
}

diesel::table! {
    consents (id) {
        id -> Text,
        user_id -> Text,
        client_id -> Text,
        audience -> Text,
        organization_id -> Nullable<Text>,
        scope -> Text,
        created_at -> BigInt,
        epoch -> BigInt,
    }
}

diesel::table! {
    single_uses (kind, handle) {
        kind -> Text,
        handle -> Binary,
        second_handle -> Nullable<Binary>,
        client_id -> Text,
        user_id -> Nullable<Text>,
        session_id -> Nullable<Text>,
        authorization_id -> Nullable<Text>,
        status -> Text,
        attempts -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
        redeemed_at -> Nullable<BigInt>,
        payload -> Text,
    }
}

diesel::table! {
    authorizations (id) {
        id -> Text,
        client_id -> Text,
        user_id -> Text,
        session_id -> Nullable<Text>,
        audience -> Nullable<Text>,
        scope -> Text,
        organization_id -> Nullable<Text>,
        issuer -> Text,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        epoch -> BigInt,
    }
}

diesel::table! {
    access_tokens (handle, authorization_id) {
        handle -> Binary,
        authorization_id -> Text,
        claims -> Nullable<Text>,
        expires_at -> BigInt,
        denied_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    refresh_families (id) {
        id -> Text,
        authorization_id -> Text,
        client_id -> Text,
        user_id -> Text,
        session_id -> Nullable<Text>,
        audience -> Nullable<Text>,
        scope -> Text,
        organization_id -> Nullable<Text>,
        issuer -> Text,
        jkt -> Nullable<Text>,
        rotating -> Bool,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    refresh_tokens (handle) {
        handle -> Binary,
        family_id -> Text,
        generation -> BigInt,
        parent -> Nullable<Binary>,
        created_at -> BigInt,
        idle_expires_at -> Nullable<BigInt>,
        spent_at -> Nullable<BigInt>,
        successors -> BigInt,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    marks (space, mark) {
        space -> Text,
        mark -> Binary,
        kept_until -> BigInt,
    }
}

diesel::table! {
    attempts (purpose, subject) {
        purpose -> Text,
        subject -> Binary,
        count -> BigInt,
        kept_until -> BigInt,
    }
}

diesel::table! {
    log_events (seq) {
        seq -> BigInt,
        at -> BigInt,
        event -> Text,
        rule -> Nullable<Text>,
        description -> Text,
        client_id -> Nullable<Text>,
        user_id -> Nullable<Text>,
        ip -> Text,
        client_ip -> Nullable<Text>,
        request_id -> Text,
    }
}

diesel::table! {
    outbox (seq) {
        seq -> BigInt,
        topic -> Text,
        body -> Text,
        created_at -> BigInt,
        due_at -> BigInt,
        attempts -> BigInt,
    }
}

diesel::joinable!(identities -> users (user_id));
diesel::joinable!(refresh_tokens -> refresh_families (family_id));
diesel::joinable!(user_identifiers -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    access_tokens,
    authorizations,
    identities,
    refresh_families,
    refresh_tokens,
    session_clients,
    sessions,
    single_uses,
    user_identifiers,
    users,
);
