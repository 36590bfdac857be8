use countersign_gate::{Case, Pass, Session as SessionCase, Subject};
use countersign_oauth::{
    AuthorizationId, ConsentId, Error, Fault, GrantType, Handle, OAuthError, RequestContext, SecureRandom,
};
use countersign_storage::{Authorization, Change, Changes, Consent, SingleUse, SingleUseKind};
use countersign_users::{SessionLimits, Verdict, touch_session};

use crate::{
    CODE_LIFETIME, CODE_LIFETIME_RFC, CodePayload, consent, next::Done, signed_in::SignedIn, validate::Valid,
};

/// Whether the session is there already or comes with this commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionIs {
    Standing,
    New,
}

/// Asks the gate whether a code may be issued, with everything as it is now.
pub(crate) fn ask_gate(
    request: &Valid,
    signed_in: &SignedIn,
    (session, done): (SessionIs, Done),
    standing: Option<&Consent>,
    context: &RequestContext,
) -> Result<Pass, OAuthError> {
    let limits = SessionLimits::of(&request.settings);
    let consent_decides = !done.consent && consent::is_missing(request, None);
    let case = Case {
        now: context.now,
        client: &request.client,
        grant_type: &GrantType::AUTHORIZATION_CODE,
        subject: Subject::User(Some(&signed_in.user)),
        api: request.api.as_ref().map(|api| &api.server),
        client_grant: request.api.as_ref().and_then(|api| api.grant.as_ref()),
        session: match session {
            SessionIs::Standing => SessionCase::Required(Some(&signed_in.session), limits),
            SessionIs::New => SessionCase::New,
        },
        connection: Some(&signed_in.connection),
        authorization: None,
        consent: consent_decides.then_some(standing),
    };
    Ok(case.pass()?)
}

/// The code and everything that is written with it: authorization, consent, session activity.
pub(crate) fn issue_code(
    request: &Valid,
    signed_in: &SignedIn,
    (session, done, verdict): (SessionIs, Done, &Verdict),
    context: &RequestContext,
    random: &dyn SecureRandom,
) -> Result<(Handle, Changes), Error> {
    let (now, session_row) = (context.now, &signed_in.session);
    let authorization_id = AuthorizationId::new(Handle::generate(random).expose());
    let code = Handle::generate(random);
    let audience = request.api.as_ref().map(|api| api.server.identifier.clone());
    let authorization = Authorization {
        id: authorization_id.clone(),
        client_id: request.client.id.clone(),
        user_id: signed_in.user.id.clone(),
        session_id: Some(session_row.id.clone()),
        audience,
        scope: verdict.scope(&request.scope),
        organization_id: session_row.organization_id.clone(),
        issuer: context.domain.issuer.clone(),
        created_at: now,
        ended_at: None,
        epoch: 0,
    };
    let single_use = SingleUse {
        kind: SingleUseKind::AuthorizationCode,
        handle: code.hash(),
        second_handle: None,
        client_id: request.client.id.clone(),
        user_id: Some(signed_in.user.id.clone()),
        session_id: Some(session_row.id.clone()),
        authorization_id: Some(authorization_id),
        status: "issued".to_owned(),
        attempts: 0,
        created_at: now,
        expires_at: now.plus(if request.target.compliance.is_rfc() {
            CODE_LIFETIME_RFC
        } else {
            CODE_LIFETIME
        }),
        redeemed_at: None,
        payload: payload(request, signed_in, verdict, context)?,
    };
    let mut changes = Changes::none();
    if session == SessionIs::Standing {
        let limits = SessionLimits::of(&request.settings);
        changes = changes.with(touch_session(session_row, &limits, now));
        changes.writes.extend(verdict.session.changes(session_row, now));
    }
    changes.writes.extend(verdict.metadata(&signed_in.user.id, now));
    if done.consent || request.scope.contains("offline_access") {
        changes = changes.with(Change::GrantConsent(Consent {
            id: ConsentId::new(Handle::generate(random).expose()),
            user_id: signed_in.user.id.clone(),
            client_id: request.client.id.clone(),
            audience: consent::audience(request),
            organization_id: None,
            scope: request.scope.clone(),
            created_at: now,
            epoch: 0,
        }));
    }
    changes = changes
        .with(Change::JoinSession { id: session_row.id.clone(), client: request.client.id.clone(), at: now })
        .with(Change::InsertAuthorization(authorization))
        .with(Change::InsertSingleUse(single_use));
    Ok((code, changes))
}

fn payload(
    request: &Valid,
    signed_in: &SignedIn,
    verdict: &Verdict,
    context: &RequestContext,
) -> Result<serde_json::Value, Fault> {
    let authenticated_at = signed_in.session.authentication.authenticated_at;
    serde_json::to_value(CodePayload {
        version: 1,
        redirect_uri: request.target.redirect_uri.as_str().to_owned(),
        redirect_uri_was_sent: request.redirect_uri_was_sent,
        code_challenge: request.code_challenge.clone(),
        nonce: request.nonce.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        auth_time: request.prompt.makes_auth_time_due().then_some(authenticated_at),
        issuer: context.domain.issuer.clone(),
        verdict: verdict.for_tokens(),
    })
    .map_err(|error| Fault::internal("authorization code payload").caused_by(error))
}
