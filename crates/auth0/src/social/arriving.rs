//! From a proof to tokens: the provider is asked once, what it said is decided as often as it takes.

use countersign_connections::{Proof, ProviderProfile, UpstreamError, arrive};
use countersign_gate::{Case, GateRefusal, Pass, Session, Subject, offline_access_is_allowed};
use countersign_grants::{access_token_lifetime, cap_families, first_refresh_token, id_token};
use countersign_oauth::{Audience, AuthorizationId, Fault, GrantType, Handle, OAuthError, Scope};
use countersign_storage::{
    Authorization, Change, Changes, Connection, Consent, Reads, Requirement, ResourceServer, User,
};
use countersign_token::{AccessTokenPlan, CustomClaims, Subject as TokenSubject, TokenPlan};
use countersign_token_endpoint::{
    Context, Decision, Issuance, Issue, PrepareContext, Refusal, add_custom_claims, ask_post_login,
    verdict_changes,
};
use countersign_users::{LoginTransaction, Method, Protocol, Verdict};

use super::asked::{Asked, Terms};
use super::{SocialLogin, rows};

/// A login by what a provider gave: which flow it is, and what it asks for.
pub(super) struct Login<'a> {
    pub(super) grant_type: GrantType,
    pub(super) protocol: Protocol,
    pub(super) subject_token_type: Option<&'static str>,
    pub(super) asked: &'a Asked,
    /// What the log calls success and failure.
    pub(super) events: (&'static str, &'static str),
    /// What the caller is told where the provider says no.
    pub(super) dress: fn(&UpstreamError, &Connection) -> OAuthError,
}

/// Who arrives, by which connection, and what the tenant's own code said to it.
pub(super) struct Arriving {
    profile: ProviderProfile,
    connection: Connection,
    /// The account as it was, if there was one: if it changes meanwhile, the request is refused.
    known: Option<Requirement>,
    verdict: Verdict,
    /// The proof was shown before, and counts again.
    pub(super) came_again: bool,
}

impl Arriving {
    pub(super) fn requirements(&self) -> Vec<Requirement> {
        let connection = Some(self.connection.requirement());
        connection.into_iter().chain(self.known.clone()).collect()
    }
}

impl SocialLogin {
    /// Asks the provider, once, for a request that would otherwise succeed: a code that is redeemed for a request
    /// which is then refused is lost.
    pub(super) async fn prepare(
        &self,
        proof: &Proof,
        connection: Connection,
        login: &Login<'_>,
        cx: &PrepareContext<'_>,
    ) -> Result<Result<Arriving, Refusal>, Fault> {
        let context = &cx.context;
        let terms = match login.asked.terms(context).await? {
            Ok(terms) => terms,
            Err(error) => return Ok(Err(error.into())),
        };
        let profile = match self.accept(proof, &connection, context).await {
            Ok(profile) => profile,
            Err(cause) => {
                let error = (login.dress)(&cause, &connection);
                return Ok(Err(rows::refused(error, &cause, login.events.1, context)));
            }
        };
        let known = find(context.reads, &connection, &profile).await?;
        if known.as_ref().is_some_and(|user| user.blocked) {
            return Ok(Err(OAuthError::from(GateRefusal::UserBlocked).into()));
        }
        let requirement = known.as_ref().map(User::requirement);
        let user = arrive(known, &profile, &connection, context.sealer, context.request.now).user;
        let verdict = ask_post_login(issuance(user, &connection, &terms, login, context), cx).await?;
        Ok(verdict.map(|verdict| Arriving {
            profile,
            connection,
            known: requirement,
            verdict,
            came_again: false,
        }))
    }

    async fn accept(
        &self,
        proof: &Proof,
        connection: &Connection,
        cx: &Context<'_>,
    ) -> Result<ProviderProfile, UpstreamError> {
        let provider = self
            .providers
            .find(&connection.strategy)
            .ok_or_else(|| UpstreamError::Misconfigured("no provider of the connection's strategy".into()))?;
        provider.accept(proof, &self.upstream(connection, cx)).await
    }

    /// Decides by what is true now: who the account is, and what it may have. The account is made or updated in the
    /// same commit.
    pub(super) async fn decide(
        &self,
        arriving: &Arriving,
        login: &Login<'_>,
        cx: &Context<'_>,
    ) -> Result<Decision, Fault> {
        let terms = match login.asked.terms(cx).await? {
            Ok(terms) => terms,
            Err(error) => return Ok(Decision::Refuse(error.into())),
        };
        let Some(connection) = cx.reads.connection(&arriving.connection.id).await? else {
            return Ok(Decision::Refuse(OAuthError::from(GateRefusal::ConnectionNotEnabled).into()));
        };
        let known = find(cx.reads, &connection, &arriving.profile).await?;
        let arrived = arrive(known, &arriving.profile, &connection, cx.sealer, cx.request.now);
        let consent = consent(&arrived.user, &terms, cx).await?;
        let subject =
            if arrived.is_new { Subject::New(&arrived.user) } else { Subject::User(Some(&arrived.user)) };
        let pass = match pass(subject, &connection, &terms, (login, consent.as_ref().map(Option::as_ref)), cx)
        {
            Ok(pass) => pass,
            Err(refusal) => return Ok(Decision::Refuse(OAuthError::from(refusal).into())),
        };
        let user = &arrived.user;
        let scope = arriving.verdict.scope(&terms.scope);
        let authorization = self.authorization(user, &scope, &terms, cx);
        let server = terms.api.as_ref().map(|api| &api.server);
        let changes = Changes::none()
            .with(arrived.change)
            .with(Change::CountLogin {
                user: user.id.clone(),
                at: cx.request.now,
                ip: cx.request.client_ip.to_string(),
            })
            .and(verdict_changes(&arriving.verdict, &user.id, None, cx))
            .with(Change::Log(rows::success(
                login.events.0,
                &user.id,
                (&connection.name, arriving.came_again),
                cx,
            )));
        Ok(Decision::Issue(issue(
            (pass, user, &authorization),
            (&arriving.verdict, scope),
            (server, terms.constraint.clone(), access_token_lifetime(terms.api.as_ref())),
            changes,
            cx,
        )))
    }

    fn authorization(&self, user: &User, scope: &Scope, terms: &Terms, cx: &Context<'_>) -> Authorization {
        Authorization {
            id: AuthorizationId::new(Handle::generate(&*self.random).expose()),
            client_id: cx.client.client().id.clone(),
            user_id: user.id.clone(),
            session_id: None,
            audience: terms.api.as_ref().map(|api| api.server.identifier.clone()),
            scope: scope.clone(),
            organization_id: None,
            issuer: cx.request.domain.issuer.clone(),
            created_at: cx.request.now,
            ended_at: None,
            epoch: 0,
        }
    }
}

/// The account that has this very identity: no other one is looked at (SP-132).
async fn find(
    reads: &dyn Reads,
    connection: &Connection,
    profile: &ProviderProfile,
) -> Result<Option<User>, Fault> {
    reads.user_by_identity(&connection.id, &connection.strategy, &profile.provider_user_id).await
}

/// A third party's users consented before, since nobody can be asked here (SP-197). `None` where none is needed.
async fn consent(user: &User, terms: &Terms, cx: &Context<'_>) -> Result<Option<Option<Consent>>, Fault> {
    let client = cx.client.client();
    if client.settings.is_first_party {
        return Ok(None);
    }
    let audience = terms.api.as_ref().map_or_else(|| Audience::new(""), |api| api.server.identifier.clone());
    let consent = cx.reads.consent(&user.id, &client.id, &audience).await?;
    Ok(Some(consent.filter(|consent| consent.scope.covers(&terms.scope))))
}

fn issuance(
    user: User,
    connection: &Connection,
    terms: &Terms,
    login: &Login<'_>,
    cx: &Context<'_>,
) -> Issuance {
    Issuance {
        user,
        connection: connection.clone(),
        audience: terms.api.as_ref().map(|api| api.server.identifier.clone()),
        session: None,
        refresh_token: None,
        methods: vec![Method { name: "federated".to_owned(), at: cx.request.now }],
        transaction: LoginTransaction {
            requested_scopes: login.asked.scope.clone().unwrap_or_default(),
            subject_token_type: login.subject_token_type.map(str::to_owned),
            ..LoginTransaction::new(login.protocol)
        },
        scope: terms.scope.clone(),
    }
}

fn pass(
    subject: Subject<'_>,
    connection: &Connection,
    terms: &Terms,
    (login, consent): (&Login<'_>, Option<Option<&Consent>>),
    cx: &Context<'_>,
) -> Result<Pass, GateRefusal> {
    Case {
        now: cx.request.now,
        client: cx.client.client(),
        grant_type: &login.grant_type,
        subject,
        api: terms.api.as_ref().map(|api| &api.server),
        client_grant: terms.api.as_ref().and_then(|api| api.grant.as_ref()),
        session: Session::Independent,
        connection: Some(connection),
        authorization: None,
        consent,
    }
    .pass()
}

/// Plans the tokens, which hang from an authorization without a session.
fn issue(
    (pass, user, authorization): (Pass, &User, &Authorization),
    (verdict, scope): (&Verdict, Scope),
    (server, constraint, lifetime): (
        Option<&ResourceServer>,
        countersign_token::SenderConstraint,
        countersign_oauth::Seconds,
    ),
    changes: Changes,
    cx: &Context<'_>,
) -> Issue {
    let client = cx.client.client();
    let id_token = id_token(user, &scope, None, cx.compliance());
    let refresh_token = (scope.contains("offline_access") && offline_access_is_allowed(client, server))
        .then(|| first_refresh_token(authorization, &scope, cx));
    let mut changes = changes.with(Change::InsertAuthorization(authorization.clone()));
    if refresh_token.is_some() {
        changes = changes.with(cap_families(authorization, cx.request.now));
    }
    let access_token = AccessTokenPlan {
        api: server.cloned(),
        subject: TokenSubject::User(user.id.clone()),
        scope: scope.clone(),
        constraint,
        authorization_id: Some(authorization.id.clone()),
        gty: None,
        lifetime,
        custom_claims: CustomClaims::default(),
    };
    let mut plan = TokenPlan { client: client.clone(), access_token, id_token, refresh_token };
    add_custom_claims(&mut plan, verdict, &scope, &cx.request.domain);
    Issue { pass, plan, changes }
}
