use countersign_dpop::P256Verifier;
use countersign_oauth::{BoxFuture, Fault, HandleHash, Timestamp};
use countersign_storage::{ReplayGuard, StorageResult};
use countersign_testkit::{
    CLIENT_ID, CLIENT_SECRET, TestSealer, block_on, client, public_client, request_context,
};

use super::*;

/// A store that knows one client, or fails.
struct One(Result<Client, ()>);

impl Clients for One {
    fn client<'a>(&'a self, id: &'a ClientId) -> BoxFuture<'a, StorageResult<Option<Client>>> {
        let found = match &self.0 {
            Ok(client) => Ok((client.id == *id).then(|| client.clone())),
            Err(()) => Err(Fault::unavailable("the store is away")),
        };
        Box::pin(async { found })
    }
}

/// No standard method remembers anything.
struct Forgetful;

impl ReplayGuard for Forgetful {
    fn remember<'a>(
        &'a self,
        _: &'a str,
        _: HandleHash,
        _: Timestamp,
        _: Timestamp,
    ) -> BoxFuture<'a, StorageResult<bool>> {
        panic!("nothing is to be remembered")
    }
}

fn registered(method: TokenEndpointAuthMethod) -> Client {
    let mut client = if method == TokenEndpointAuthMethod::None { public_client() } else { client() };
    client.settings.token_endpoint_auth_method = method;
    client
}

fn body(text: &str) -> Parameters {
    Parameters::parse_form(text.as_bytes()).unwrap()
}

fn authenticate(
    client: &Client,
    compliance: Compliance,
    authorization: Option<&str>,
    parameters: &str,
) -> Result<AuthenticatedClient, (Error, Compliance)> {
    authenticate_with(&ClientMethods::new(), client, compliance, (authorization, parameters))
}

fn authenticate_with(
    methods: &ClientMethods,
    client: &Client,
    compliance: Compliance,
    (authorization, parameters): (Option<&str>, &str),
) -> Result<AuthenticatedClient, (Error, Compliance)> {
    let (clients, sealer, request) = (One(Ok(client.clone())), TestSealer::default(), request_context());
    let context =
        MethodContext { request: &request, sealer: &sealer, replay: &Forgetful, verifier: &P256Verifier };
    let authenticator = ClientAuthenticator { clients: &clients, compliance, methods, context };
    block_on(authenticator.authenticate(Presented { authorization, parameters: &body(parameters) }))
}

/// The method that authenticated, or the rule that was broken.
fn outcome(result: Result<AuthenticatedClient, (Error, Compliance)>) -> Result<Method, &'static str> {
    match result {
        Ok(caller) => Ok(caller.method()),
        Err((Error::Refused(error), _)) => Err(error.rule),
        Err((Error::Fault(fault), _)) => panic!("{fault}"),
    }
}

const ID: &str = "client_id=test-client";
const POST: &str = "client_id=test-client&client_secret=test-client-secret";
const POST_WRONG: &str = "client_id=test-client&client_secret=test-client-secreT";
/// `test-client:test-client-secret`.
const BASIC: &str = "Basic dGVzdC1jbGllbnQ6dGVzdC1jbGllbnQtc2VjcmV0";
/// `test-client:wrong`.
const BASIC_WRONG: &str = "Basic dGVzdC1jbGllbnQ6d3Jvbmc=";
/// `test-client:`.
const BASIC_EMPTY: &str = "Basic dGVzdC1jbGllbnQ6";
const ASSERTION: &str = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
                         &client_assertion=eyJhbGciOiJub25lIn0.e30.";

/// RFC 6749 §2.3: every way to present something × every registration × both profiles.
#[test]
fn sp_048_only_the_registered_method_authenticates_and_basic_and_post_are_one_by_default() {
    use Compliance::{Auth0, Rfc};
    use Method::{ClientSecretBasic as Basic, ClientSecretPost as Post, None as Public};
    use TokenEndpointAuthMethod as Registered;

    let (missing, wrong, method) =
        (Err("client_auth.missing_secret"), Err("client_auth.wrong_secret"), Err("client_auth.wrong_method"));
    let none = (None, ID);
    let post = (None, POST);
    let basic = (Some(BASIC), "");
    let table = [
        (Registered::None, Auth0, none, Ok(Public)),
        (Registered::None, Rfc, none, Ok(Public)),
        (Registered::None, Auth0, post, method),
        (Registered::None, Rfc, post, method),
        (Registered::None, Auth0, basic, method),
        (Registered::None, Rfc, basic, method),
        (Registered::None, Auth0, (Some(BASIC_EMPTY), ""), method),
        (Registered::ClientSecretPost, Auth0, none, missing),
        (Registered::ClientSecretPost, Rfc, none, missing),
        (Registered::ClientSecretPost, Auth0, post, Ok(Post)),
        (Registered::ClientSecretPost, Rfc, post, Ok(Post)),
        (Registered::ClientSecretPost, Auth0, basic, Ok(Basic)),
        (Registered::ClientSecretPost, Rfc, basic, method),
        (Registered::ClientSecretPost, Auth0, (None, POST_WRONG), wrong),
        (Registered::ClientSecretPost, Rfc, (None, POST_WRONG), wrong),
        (Registered::ClientSecretBasic, Auth0, none, missing),
        (Registered::ClientSecretBasic, Rfc, none, missing),
        (Registered::ClientSecretBasic, Auth0, post, Ok(Post)),
        (Registered::ClientSecretBasic, Rfc, post, method),
        (Registered::ClientSecretBasic, Auth0, basic, Ok(Basic)),
        (Registered::ClientSecretBasic, Rfc, basic, Ok(Basic)),
        (Registered::ClientSecretBasic, Auth0, (Some(BASIC_WRONG), ""), wrong),
        (Registered::ClientSecretBasic, Rfc, (Some(BASIC_WRONG), ""), wrong),
        (Registered::ClientSecretBasic, Auth0, (Some(BASIC_EMPTY), ""), wrong),
        (Registered::Foreign("badge".to_owned()), Auth0, none, missing),
        (Registered::Foreign("badge".to_owned()), Auth0, post, method),
        (Registered::Foreign("badge".to_owned()), Rfc, basic, method),
    ];
    for (method, compliance, (header, parameters), expected) in table {
        let client = registered(method.clone());
        let got = outcome(authenticate(&client, compliance, header, parameters));
        assert_eq!(got, expected, "{method:?} {compliance:?} {header:?} {parameters}");
    }
}

/// RFC 6749 §2.3: at most one method in a request.
#[test]
fn core_098_sp_048_two_methods_in_one_request_are_refused() {
    let secret_and_assertion = format!("{POST}&{ASSERTION}");
    let type_alone = format!("{ID}&client_assertion_type=x");
    let cases = [
        (Some(BASIC), POST),
        (Some("basic dGVzdC1jbGllbnQ6dGVzdC1jbGllbnQtc2VjcmV0"), POST),
        (Some(BASIC_WRONG), POST),
        (Some(BASIC), "client_secret=test-client-secret"),
        (Some(BASIC), ASSERTION),
        (Some(BASIC), &type_alone),
        (None, &secret_and_assertion),
    ];
    for compliance in [Compliance::Auth0, Compliance::Rfc] {
        for (header, parameters) in cases {
            let got = outcome(authenticate(&client(), compliance, header, parameters));
            assert_eq!(got, Err("client_auth.two_methods"), "{header:?} {parameters}");
        }
    }
}

#[test]
fn the_body_may_repeat_the_client_of_the_header_and_name_no_other() {
    assert_eq!(
        outcome(authenticate(&client(), Compliance::Auth0, Some(BASIC), ID)),
        Ok(Method::ClientSecretBasic)
    );
    for other in ["client_id=another", "client_id=Test-Client", "client_id=test-client%20"] {
        let got = outcome(authenticate(&client(), Compliance::Auth0, Some(BASIC), other));
        assert_eq!(got, Err("client_auth.contradiction"), "{other}");
    }
}

#[test]
fn an_empty_parameter_counts_as_omitted() {
    let empty = "client_id=test-client&client_secret=&client_assertion=&client_assertion_type=";
    assert_eq!(outcome(authenticate(&public_client(), Compliance::Rfc, None, empty)), Ok(Method::None));
    let got = outcome(authenticate(&client(), Compliance::Rfc, None, empty));
    assert_eq!(got, Err("client_auth.missing_secret"));
    let got = outcome(authenticate(&client(), Compliance::Rfc, Some(BASIC), "client_secret=&client_id="));
    assert_ne!(got, Err("client_auth.two_methods"));
}

#[test]
fn somebody_must_be_named_and_known() {
    for header in [None, Some("Bearer abc"), Some("Basic"), Some("")] {
        for parameters in ["", "client_id=", "client_secret=test-client-secret"] {
            let got = outcome(authenticate(&client(), Compliance::Auth0, header, parameters));
            assert_eq!(got, Err("parameters.missing"), "{header:?} {parameters}");
        }
    }
    for id in ["nobody", "TEST-CLIENT", "test-client%00", "test-client%20"] {
        let secret = format!("client_id={id}&client_secret={CLIENT_SECRET}");
        let got = outcome(authenticate(&client(), Compliance::Auth0, None, &secret));
        assert_eq!(got, Err("client_auth.unknown_client"), "{id}");
    }
}

#[test]
fn core_099_a_spurious_bearer_header_changes_nothing() {
    for header in ["Bearer abc", "DPoP abc", "bearer", ""] {
        let got = outcome(authenticate(&client(), Compliance::Rfc, Some(header), POST));
        assert_eq!(got, Ok(Method::ClientSecretPost), "{header}");
        let got = outcome(authenticate(&public_client(), Compliance::Rfc, Some(header), ID));
        assert_eq!(got, Ok(Method::None), "{header}");
    }
}

/// RFC 7617 §2.
#[test]
fn sp_049_a_malformed_header_is_refused_even_beside_a_right_body() {
    for header in ["Basic !!!", "Basic YQ", "Basic OnNlY3JldA=="] {
        for parameters in ["", ID] {
            let got = outcome(authenticate(&client(), Compliance::Auth0, Some(header), parameters));
            assert_eq!(got, Err("client_auth.malformed_basic"), "{header} {parameters}");
        }
    }
}

#[test]
fn a_clients_own_profile_decides_before_the_tenants() {
    use Compliance::{Auth0, Rfc};
    for (own, tenants, effective) in
        [(None, Auth0, Auth0), (None, Rfc, Rfc), (Some(Rfc), Auth0, Rfc), (Some(Auth0), Rfc, Auth0)]
    {
        let mut client = client();
        client.settings.compliance = own;
        assert_eq!(authenticate(&client, tenants, None, POST).unwrap().compliance(), effective);
        let basic = outcome(authenticate(&client, tenants, Some(BASIC), ""));
        assert_eq!(basic.is_ok(), effective == Auth0, "{own:?} {tenants:?}");
    }
}

#[test]
fn a_refusal_is_dressed_by_the_clients_profile_once_the_client_is_known() {
    use Compliance::{Auth0, Rfc};
    for (own, tenants) in [(Rfc, Auth0), (Auth0, Rfc)] {
        let mut client = client();
        client.settings.compliance = Some(own);
        for parameters in [ID, POST_WRONG] {
            let (_, dress) = authenticate(&client, tenants, None, parameters).unwrap_err();
            assert_eq!(dress, own, "{parameters}");
        }
        for parameters in ["", "client_id=nobody", ASSERTION] {
            let (_, dress) = authenticate(&client, tenants, None, parameters).unwrap_err();
            assert_eq!(dress, tenants, "{parameters}");
        }
    }
}

#[test]
fn tells_who_authenticated_and_whether_with_credentials() {
    let caller = authenticate(&client(), Compliance::Auth0, None, POST).unwrap();
    assert_eq!(caller.client(), &client());
    assert!(caller.is_confidential());
    let caller = authenticate(&public_client(), Compliance::Auth0, None, ID).unwrap();
    assert_eq!(caller.client().id.as_str(), CLIENT_ID);
    assert!(!caller.is_confidential());
}

#[test]
fn a_store_that_fails_lets_nobody_pass() {
    let (clients, sealer, request) = (One(Err(())), TestSealer::default(), request_context());
    let context =
        MethodContext { request: &request, sealer: &sealer, replay: &Forgetful, verifier: &P256Verifier };
    let methods = &ClientMethods::new();
    let authenticator =
        ClientAuthenticator { clients: &clients, compliance: Compliance::Auth0, methods, context };
    for parameters in [POST, ID] {
        let result = block_on(
            authenticator.authenticate(Presented { authorization: None, parameters: &body(parameters) }),
        );
        assert!(matches!(result, Err((Error::Fault(_), Compliance::Auth0))));
    }
}

#[test]
fn nothing_secret_is_printed() {
    let caller = authenticate(&client(), Compliance::Auth0, None, POST).unwrap();
    let parameters = body(POST);
    let presented = Presented { authorization: None, parameters: &parameters };
    assert!(!format!("{caller:?} {presented:?}").contains(CLIENT_SECRET));
}

/// A method of the composition: a badge in the body names the client and says whether it is real.
struct Badge(&'static str);

impl ClientMethod for Badge {
    fn name(&self) -> &'static str {
        self.0
    }

    fn claim(&self, presented: &Presented<'_>) -> Result<Option<ClientId>, OAuthError> {
        let shown = presented.parameters.find(self.0);
        Ok(shown.map(|shown| ClientId::new(shown.trim_end_matches('!'))))
    }

    fn verify<'a>(
        &'a self,
        presented: &'a Presented<'a>,
        client: &'a Client,
        cx: &'a MethodContext<'a>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        assert_eq!(client.id.as_str(), CLIENT_ID);
        assert_eq!(cx.request.now, request_context().now);
        let real = presented.parameters.find(self.0).is_some_and(|shown| shown.ends_with('!'));
        let refused = || OAuthError::new(countersign_oauth::ErrorCode::InvalidClient, "badge.forged", "No");
        Box::pin(async move { if real { Ok(()) } else { Err(refused().into()) } })
    }
}

/// RFC 6749 §2.3.2
#[test]
fn an_added_method_authenticates_the_clients_that_are_registered_for_it() {
    let methods = ClientMethods::new().with(Badge("badge")).unwrap().with(Badge("pass")).unwrap();
    let of = |registered_for: TokenEndpointAuthMethod, header, parameters| {
        let client = registered(registered_for);
        outcome(authenticate_with(&methods, &client, Compliance::Auth0, (header, parameters)))
    };
    let badge = || TokenEndpointAuthMethod::Foreign("badge".to_owned());
    let two = Err("client_auth.two_methods");
    assert_eq!(of(badge(), None, "badge=test-client!"), Ok(Method::Added("badge")));
    assert_eq!(of(badge(), None, "badge=test-client!&client_id=test-client"), Ok(Method::Added("badge")));
    assert_eq!(of(badge(), None, "badge=test-client"), Err("badge.forged"));
    assert_eq!(of(badge(), None, "badge=nobody!"), Err("client_auth.unknown_client"));
    assert_eq!(of(badge(), None, "badge=test-client!&client_id=other"), Err("client_auth.contradiction"));
    assert_eq!(of(badge(), None, "badge=test-client!&client_secret=x"), two);
    assert_eq!(of(badge(), Some(BASIC), "badge=test-client!"), two);
    assert_eq!(of(badge(), None, "badge=test-client!&pass=test-client!"), two);
    for other in [
        TokenEndpointAuthMethod::None,
        TokenEndpointAuthMethod::ClientSecretPost,
        TokenEndpointAuthMethod::Foreign("pass".to_owned()),
    ] {
        assert_eq!(of(other, None, "badge=test-client!"), Err("client_auth.wrong_method"));
    }
    // Where the composition does not add it, nobody passes by it.
    let alone = authenticate(&registered(badge()), Compliance::Auth0, None, "badge=test-client!");
    assert_eq!(outcome(alone), Err("parameters.missing"));
}

#[test]
fn a_client_by_an_added_method_is_confidential() {
    let methods = ClientMethods::new().with(Badge("badge")).unwrap();
    let client = registered(TokenEndpointAuthMethod::Foreign("badge".to_owned()));
    let caller = authenticate_with(&methods, &client, Compliance::Auth0, (None, "badge=test-client!"));
    assert!(caller.unwrap().is_confidential());
    assert!(!client.settings.is_public());
}

#[test]
fn a_name_is_taken_once() {
    for taken in ["none", "client_secret_post", "client_secret_basic", "private_key_jwt", "client_secret_jwt"]
    {
        assert_eq!(ClientMethods::new().with(Badge(taken)).unwrap_err().0, taken);
    }
    let twice = ClientMethods::new().with(Badge("badge")).unwrap().with(Badge("badge"));
    let error = twice.unwrap_err();
    assert_eq!(error.to_string(), "the client authentication method badge is there twice");
}

fn identify(client: &Client, parameters: &str) -> Result<AuthenticatedClient, &'static str> {
    let (clients, sealer, request) = (One(Ok(client.clone())), TestSealer::default(), request_context());
    let context =
        MethodContext { request: &request, sealer: &sealer, replay: &Forgetful, verifier: &P256Verifier };
    let methods = &ClientMethods::new();
    let authenticator =
        ClientAuthenticator { clients: &clients, compliance: Compliance::Auth0, methods, context };
    let presented = Presented { authorization: None, parameters: &body(parameters) };
    block_on(authenticator.identify(presented)).map_err(|(error, _)| match error {
        Error::Refused(error) => error.rule,
        Error::Fault(_) => "a fault",
    })
}

#[test]
fn a_client_that_shows_nothing_is_identified_and_never_confidential() {
    let confidential = registered(TokenEndpointAuthMethod::ClientSecretPost);
    let id = format!("client_id={CLIENT_ID}");
    assert!(!identify(&confidential, &id).unwrap().is_confidential());
    let with_secret = format!("{id}&client_secret={CLIENT_SECRET}");
    assert!(identify(&confidential, &with_secret).unwrap().is_confidential());
    let wrong = identify(&confidential, &format!("{id}&client_secret=wrong"));
    assert_eq!(wrong.err(), Some("client_auth.wrong_secret"));
    let unknown = identify(&confidential, "client_id=nobody");
    assert_eq!(unknown.err(), Some("client_auth.unknown_client"));
}
