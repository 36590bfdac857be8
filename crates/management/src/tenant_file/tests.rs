use super::*;
use crate::{Problem, Warning};

fn problems(yaml: &str) -> Vec<String> {
    TenantFile::parse(yaml, ParseOptions::default()).unwrap_err().iter().map(Problem::to_string).collect()
}

fn warnings(yaml: &str) -> Vec<String> {
    let (_, warnings) = TenantFile::parse(yaml, ParseOptions::default()).unwrap();
    warnings.iter().map(Warning::to_string).collect()
}

fn problem(yaml: &str) -> String {
    let problems = problems(yaml);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.into_iter().next().unwrap()
}

#[test]
fn a_file_of_the_deploy_cli_is_read() {
    let (file, warnings) =
        TenantFile::parse(include_str!("../../tests/data/export.yaml"), ParseOptions::default())
            .unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(
        (file.clients.len(), file.apis.len(), file.client_grants.len(), file.databases.len()),
        (3, 1, 1, 1)
    );
    assert!(warnings.iter().all(|warning| warning.line.is_some()), "{warnings:#?}");
    let named: Vec<&str> = warnings.iter().map(|warning| warning.path.as_str()).collect();
    for path in ["emailProvider", "clients[0].sso_disabled", "databases[0].options.mfa"] {
        assert!(named.contains(&path), "{path} in {named:?}");
    }
}

#[test]
fn an_empty_file_is_a_file_that_says_nothing() {
    for yaml in ["", "# nothing\n", "tenant:\nclients:\n", "clients: []\n"] {
        let (file, warnings) = TenantFile::parse(yaml, ParseOptions::default()).unwrap();
        assert!(file.clients.is_empty() && file.tenant.is_empty() && warnings.is_empty());
    }
}

#[test]
fn a_key_that_nobody_knows_is_named_with_its_line_at_every_depth() {
    let yaml = "\
tenant:
  friendly_nam: X
  flags:
    enable_sos: true
clients:
  - name: A
    callback: https://a.test/
    jwt_configuration:
      algorithm: RS256
resourceServers:
  - identifier: https://api.test
    scopes:
      - value: read
        descripton: x
databases:
  - name: db
    options:
      passwordPolici: good
clientgrants: []
";
    assert_eq!(
        problems(yaml),
        [
            "line 2: tenant.friendly_nam is no key that Auth0 or Countersign knows",
            "line 4: tenant.flags.enable_sos is no key that Auth0 or Countersign knows",
            "line 7: clients[0].callback is no key that Auth0 or Countersign knows",
            "line 9: clients[0].jwt_configuration.algorithm is no key that Auth0 or Countersign knows",
            "line 14: resourceServers[0].scopes[0].descripton is no key that Auth0 or Countersign knows",
            "line 18: databases[0].options.passwordPolici is no key that Auth0 or Countersign knows",
            "line 19: clientgrants is no key that Auth0 or Countersign knows",
        ]
    );
}

#[test]
fn a_key_of_auth0s_that_has_no_effect_yet_is_a_warning_with_its_line() {
    let yaml = "\
clients:
  - name: A
    logo_uri: https://a.test/logo.png
    organization_usage: allow
    tenant: acme
hooks: []
";
    assert_eq!(
        warnings(yaml),
        [
            "line 3: clients[0].logo_uri has no effect yet",
            "line 4: clients[0].organization_usage has no effect yet",
            "line 5: clients[0].tenant is left out: it is read-only at Auth0 and made here",
            "line 6: hooks has no effect yet",
        ]
    );
}

#[test]
fn the_keys_of_a_client_are_read_as_the_deploy_cli_writes_them() {
    let pem = countersign_testkit::pem::RSA.trim().replace('\n', "\n              ");
    let yaml = format!(
        "
clients:
  - name: Reports
    client_authentication_methods:
      private_key_jwt:
        credentials:
          - credential_type: public_key
            name: 2026 key
            alg: RS256
            pem: |
              {pem}
            expires_at: 2027-01-31T00:00:00.000Z
"
    );
    assert_eq!(warnings(&yaml), [""; 0]);
    let without = yaml.replace(" pem: |", " pem: ").replace(&pem, "x");
    let path = "line 5: clients[0].client_authentication_methods";
    let expected = format!("{path} has at credentials[0] a pem that is no public key or certificate");
    assert_eq!(problem(&without), expected);
}

/// Keys that would restrict access, with a value that does and one that does not.
const RESTRICTING: [(&str, &str, &str); 21] = [
    ("clients:\n  - {name: A, require_pushed_authorization_requests: #}", "true", "false"),
    ("clients:\n  - {name: A, signed_request_object: #}", "{required: true}", "{required: false}"),
    ("clients:\n  - {name: A, compliance_level: #}", "fapi2_sp_mtls_mtls", "none"),
    (
        "clients:\n  - {name: A, client_authentication_methods: #}",
        "{tls_client_auth: {credentials: [{id: cred_1}]}}",
        "{private_key_jwt: {credentials: []}}",
    ),
    ("clients:\n  - {name: A, organization_usage: #}", "require", "allow"),
    (
        "clients:\n  - {name: A, token_quota: #}",
        "{client_credentials: {per_day: 5}}",
        "{client_credentials: {enforce: false}}",
    ),
    ("clients:\n  - {name: A, sso_disabled: #}", "true", "false"),
    ("resourceServers:\n  - {identifier: a, enforce_policies: #}", "true", "false"),
    ("resourceServers:\n  - {identifier: a, token_encryption: #}", "{format: compact-nested-jwe}", "null"),
    (
        "resourceServers:\n  - {identifier: a, consent_policy: #}",
        "transactional-authorization-with-mfa",
        "null",
    ),
    ("resourceServers:\n  - {identifier: a, authorization_policy: #}", "{policy_id: x}", "null"),
    (
        "resourceServers:\n  - {identifier: a, proof_of_possession: {mechanism: mtls, required: #}}",
        "true",
        "false",
    ),
    ("clientGrants:\n  - {client_id: a, audience: a, organization_usage: #}", "require", "deny"),
    ("databases:\n  - {name: a, authentication: {active: #}}", "false", "true"),
    (
        "databases:\n  - {name: a, options: {authentication_methods: {password: {enabled: #}}}}",
        "false",
        "true",
    ),
    ("tenant: {flags: {require_pushed_authorization_requests: #}}", "true", "false"),
    ("tenant: {flags: {enable_sso: #}}", "false", "true"),
    ("tenant: {default_token_quota: {clients: {client_credentials: {enforce: #}}}}", "true", "false"),
    ("guardianPolicies: {policies: #}", "[all-applications]", "[]"),
    ("networkACLs: [{active: #}]", "true", "false"),
    ("attackProtection: {suspiciousIpThrottling: {enabled: #, shields: [block]}}", "true", "false"),
];

#[test]
fn a_key_that_would_restrict_access_is_refused_unless_that_is_allowed() {
    for (template, restricting, harmless) in RESTRICTING {
        let yaml = template.replace('#', restricting);
        let problem = problem(&yaml);
        assert!(problem.contains("would restrict access and is not enforced yet"), "{yaml}: {problem}");
        let allowed = ParseOptions { allow_unenforced: true, ..ParseOptions::default() };
        let (_, warnings) = TenantFile::parse(&yaml, allowed).unwrap();
        assert!(warnings.iter().any(|w| w.message.contains("is not enforced") && w.line.is_some()), "{yaml}");

        let yaml = template.replace('#', harmless);
        assert!(!warnings_of(&yaml).iter().any(|w| w.message.contains("enforced")), "{yaml}");
    }
}

fn warnings_of(yaml: &str) -> Vec<Warning> {
    TenantFile::parse(yaml, ParseOptions::default())
        .unwrap_or_else(|problems| panic!("{yaml}: {problems:?}"))
        .1
}

#[test]
fn a_restriction_of_the_wrong_type_does_not_slip_through() {
    for value in ["'true'", "1", "[true]", "{}"] {
        let yaml = format!("clients:\n  - {{name: A, require_pushed_authorization_requests: {value}}}");
        assert!(problem(&yaml).contains("must be true or false"), "{value}");
    }
}

#[test]
fn policies_that_are_enforced_are_taken() {
    let yaml = "\
resourceServers:
  - identifier: a
    subject_type_authorization: {user: {policy: deny_all}, client: {policy: require_client_grant}}
    proof_of_possession: {mechanism: dpop, required: true}
";
    assert!(warnings(yaml).is_empty());
}

#[test]
fn levels_that_are_not_built_are_named() {
    assert_eq!(
        problem("tenant:\n  compliance: fapi2_sp_pkj_mtls\n"),
        "line 2: tenant.compliance fapi2_sp_pkj_mtls is not built yet; today it is one of: auth0, rfc",
    );
    assert!(problem("clients: [{name: A, compliance: strict}]").contains("must be one of: auth0, rfc"));
    assert!(problem("databases: [{name: a, strategy: samlp}]").contains("samlp is not built yet"));
    assert!(
        problem("clients: [{name: A, jwt_configuration: {alg: EdDSA}}]").contains("EdDSA is not built yet")
    );
}

#[test]
fn values_of_the_wrong_type_or_out_of_bounds_are_refused_with_path_and_line() {
    let cases = [
        (
            "clients: [{name: 1}]",
            "clients[0].name must be text and is a number; put it in quotes if it is one",
        ),
        (
            "clients: [{name: A, callbacks: https://a.test/}]",
            "clients[0].callbacks must be a list of texts and is text",
        ),
        ("clients: [{name: A, callbacks: [1]}]", "clients[0].callbacks[0] must be text and is a number"),
        (
            "clients: [{name: A, is_first_party: 'yes'}]",
            "clients[0].is_first_party must be true or false and is text",
        ),
        ("clients: [A]", "clients[0] must be an object and is text"),
        ("clients: {name: A}", "clients must be a list and is an object"),
        ("clients: [{name: <b>}]", "clients[0].name may have no <, > or control characters"),
        (
            "clients: [{name: A, refresh_token: {leeway: -1}}]",
            "clients[0].refresh_token.leeway must be a whole number from 0 to 31557600",
        ),
        (
            "clients: [{name: A, refresh_token: {idle_token_lifetime: 100, token_lifetime: 99, expiration_type: expiring}}]",
            "clients[0].refresh_token has an idle_token_lifetime over its token_lifetime",
        ),
        (
            "clients: [{name: A, client_secret: short}]",
            "clients[0].client_secret must have 16 to 512 visible ASCII characters",
        ),
        (
            "clients: [{name: A, client_id: 'a b'}]",
            "clients[0].client_id must have 1 to 64 letters, digits, or any of - . _ ~",
        ),
        ("clients: [{name: A, grant_types: [pasword]}]", "clients[0].grant_types[0] is no grant type"),
        (
            "clients: [{name: '##NAME##'}]",
            "clients[0].name has a keyword of the deploy CLI (##NAME## or @@NAME@@), which is not replaced here",
        ),
        (
            "clients: [{name: A, initiate_login_uri: 'http://a.test/'}]",
            "clients[0].initiate_login_uri must be an https URL",
        ),
        (
            "clients: [{name: A, client_metadata: {a: 1}}]",
            "clients[0].client_metadata must be an object of at most 10 texts of at most 255 characters",
        ),
        (
            "resourceServers: [{identifier: a, token_lifetime: 2592001}]",
            "resourceServers[0].token_lifetime must be a whole number from 1 to 2592000",
        ),
        (
            "resourceServers: [{identifier: a, token_lifetime: 60, token_lifetime_for_web: 61}]",
            "resourceServers[0].token_lifetime_for_web is over token_lifetime",
        ),
        (
            "resourceServers: [{identifier: a, scopes: [{value: 'a b'}]}]",
            "resourceServers[0].scopes[0].value must be one scope value, without spaces, quotes or backslashes",
        ),
        (
            "resourceServers: [{identifier: a, scopes: [{value: a}, {value: a}]}]",
            "resourceServers[0].scopes has a twice",
        ),
        (
            "resourceServers: [{identifier: 'https://a.test/userinfo'}]",
            "resourceServers[0].identifier is the identifier of a system API",
        ),
        (
            "resourceServers: [{identifier: a, proof_of_possession: {required: true}}]",
            "resourceServers[0].proof_of_possession must name its mechanism",
        ),
        (
            "databases: [{name: a b}]",
            "databases[0].name must have 1 to 128 letters, digits and single hyphens between them",
        ),
        ("tenant: {session_lifetime: 0}", "tenant.session_lifetime must be a number from 0.01 to 8760"),
        (
            "tenant: {session_lifetime: 1, session_lifetime_in_minutes: 60}",
            "tenant.session_lifetime_in_minutes is given twice: in hours and in minutes",
        ),
        ("tenant: {session_cookie: {}}", "tenant.session_cookie must name its mode"),
        ("tenant: []", "tenant must be an object and is a list"),
        ("[]", "the file must be an object of sections and is a list"),
    ];
    for (yaml, wanted) in cases {
        assert_eq!(problem(yaml), format!("line 1: {wanted}"), "{yaml}");
    }
}

#[test]
fn what_must_be_there_is_required() {
    assert_eq!(
        problems("clients: [{}]\nresourceServers: [{}]\nclientGrants: [{}]\ndatabases: [{}]\n"),
        [
            "line 1: clients[0].name is required",
            "line 2: resourceServers[0].identifier is required",
            "line 3: clientGrants[0].client_id is required",
            "line 3: clientGrants[0].audience is required",
            "line 4: databases[0].name is required",
        ]
    );
}

#[test]
fn what_may_stand_once_stands_once() {
    let yaml = "\
clients:
  - {name: A, client_id: x}
  - {name: B, client_id: x}
  - {name: A}
resourceServers:
  - {identifier: a}
  - {identifier: a}
clientGrants:
  - {client_id: A, audience: a}
  - {client_id: A, audience: a, subject_type: client}
  - {client_id: A, audience: a, subject_type: user}
databases:
  - {name: d}
  - {name: d}
tenant: {friendly_name: X, friendly_name: Y}
";
    assert_eq!(
        problems(yaml),
        [
            "line 3: clients[1].client_id is the same as that of clients[0] on line 2",
            "line 4: clients[2].name is the same as that of clients[0] on line 2",
            "line 7: resourceServers[1].identifier is the same as that of resourceServers[0] on line 6",
            "line 10: clientGrants[1].client_id is the same as that of clientGrants[0] on line 9",
            "line 14: databases[1].name is the same as that of databases[0] on line 13",
            "line 15: tenant.friendly_name stands twice, first on line 15",
        ]
    );
}

#[test]
fn a_grant_of_scopes_that_the_api_lacks_is_refused() {
    let yaml = "\
resourceServers:
  - {identifier: a, scopes: [{value: read}]}
clientGrants:
  - {client_id: A, audience: a, scope: [read, write]}
";
    assert_eq!(problem(yaml), "line 4: clientGrants[0].scope has write, which the API does not have");
}

#[test]
fn no_problem_hides_another() {
    let yaml = "\
clients:
  - name: A
    colour: red
    callbacks: ['javascript:alert(1)', 'https://a.test/?code=1', 'https://ok.test/']
    refresh_token: {expiration_type: expiring, token_lifetime: 1, idle_token_lifetime: 2}
  - name: A
rulez: []
";
    assert_eq!(problems(yaml).len(), 6, "{:#?}", problems(yaml));
}

#[test]
fn malformed_yaml_is_a_problem_with_a_line() {
    assert!(problem("clients:\n  - name: 'x\n").starts_with("line "));
}

#[test]
fn objects_of_auth0s_own_are_left_out_with_a_warning() {
    let yaml = "\
clients: [{name: All Applications, global: true, whatever: 1}]
resourceServers: [{identifier: 'https://acme.eu.auth0.com/api/v2/', is_system: true}]
clientGrants:
  - {client_id: M2M, audience: 'https://acme.eu.auth0.com/api/v2/', scope: ['read:users']}
  - {default_for: third_party_clients, audience: a}
";
    let (file, warnings) = TenantFile::parse(yaml, ParseOptions::default()).unwrap();
    assert!(file.clients.is_empty() && file.apis.is_empty() && file.client_grants.is_empty());
    assert_eq!(warnings.len(), 4, "{warnings:#?}");
}

#[test]
fn secrets_are_kept_apart_and_never_printed() {
    let yaml = "\
clients: [{name: A, client_secret: 'a-secret-of-sixteen'}]
resourceServers: [{identifier: a, signing_alg: HS256, signing_secret: 'b-secret-of-sixteen'}]
";
    let (file, warnings) = TenantFile::parse(yaml, ParseOptions::default()).unwrap();
    assert_eq!(file.clients[0].secret.as_ref().unwrap().expose(), "a-secret-of-sixteen");
    assert_eq!(file.apis[0].secret.as_ref().unwrap().expose(), "b-secret-of-sixteen");
    assert!(!format!("{file:?}{warnings:?}").contains("-secret-of"));
}

#[test]
fn sp_003_strict_third_parties_and_clients_under_rfc_have_no_wildcards() {
    for key in ["callbacks", "allowed_logout_urls"] {
        let yaml = format!("clients: [{{name: A, is_first_party: false, {key}: ['https://*.a.test/cb']}}]");
        let expected = "has a wildcard or placeholder, which a strict third-party client may not have";
        assert!(problem(&yaml).contains(expected));
        let expected = "has a wildcard or placeholder, which a client under compliance rfc may not have";
        let client = format!("name: A, {key}: ['https://b.test/', 'https://*.a.test/cb']");
        assert!(problem(&format!("clients: [{{{client}, compliance: rfc}}]")).contains(expected));
        assert!(
            problem(&format!("{{tenant: {{compliance: rfc}}, clients: [{{{client}}}]}}")).contains(expected)
        );
    }
    let yaml = "clients: [{name: A, callbacks: ['https://*.a.test/cb', 'https://b.test/']}]";
    let (file, warnings) = TenantFile::parse(yaml, ParseOptions::default()).unwrap();
    let kept = file.clients[0].texts("callbacks").unwrap().collect::<Vec<_>>();
    assert_eq!((kept, warnings.len()), (vec!["https://*.a.test/cb", "https://b.test/"], 0));
}
