//! A grant: a partner whom we trust has authenticated one of our users and says so in a signed ticket.

use std::sync::Arc;

use countersign_gate::{Case, Session, Subject, allowed_scopes, bind};
use countersign_jose::{Algorithm, Expected, JoseError, Jwt, PublishedKeys};
use countersign_oauth::{
    Audience, AuthorizationId, ErrorCode, Fault, FromParameters, GrantType, Handle, HandleHash, OAuthError,
    Parameters, Scope, Seconds, SecureRandom, Timestamp, UserId,
};
use countersign_storage::{Authorization, Change, Changes, ResourceServer, SubjectType, User};
use countersign_token::{AccessTokenPlan, CustomClaims, Subject as TokenSubject, TokenPlan};
use countersign_token_endpoint::{ClientPolicy, Context, Decision, Grant, Issue, PrepareContext, Refusal};
use serde::Deserialize;

/// `grant_type`.
const GRANT_TYPE: &str = "urn:example:params:oauth:grant-type:partner-ticket";
/// A ticket's `typ`, so that no other token of the partner's is one (RFC 8725 §3.11).
const TYPE: &str = "partner-ticket+jwt";
/// How long a ticket may live at most; so long its use is remembered.
const LONGEST_LIFE: Seconds = Seconds(300);

/// The grant. A ticket is a JWT of the partner's, ES256, for our issuer as `aud`, with one of our users as
/// `sub`, and is good once.
pub struct PartnerTicket {
    partner: String,
    keys: PublishedKeys,
    random: Arc<dyn SecureRandom>,
}

impl PartnerTicket {
    /// Takes tickets of this issuer under these keys.
    #[must_use]
    pub fn new(partner: &str, keys: PublishedKeys, random: Arc<dyn SecureRandom>) -> Self {
        Self { partner: partner.to_owned(), keys, random }
    }
}

// docs:begin request
/// The parameters.
pub struct Request {
    ticket: String,
    audience: Audience,
    scope: Option<Scope>,
}

impl FromParameters for Request {
    const NAMES: &'static [&'static str] = &["ticket", "audience", "scope"];

    fn from_parameters(parameters: &Parameters) -> Result<Self, OAuthError> {
        let scope = parameters.find("scope").map(Scope::parse).transpose();
        let scope = scope.map_err(|_| {
            OAuthError::new(ErrorCode::InvalidScope, "partner_ticket.scope", "The scope is malformed")
        })?;
        let audience = Audience::new(parameters.require("audience")?);
        Ok(Self { ticket: parameters.require("ticket")?.to_owned(), audience, scope })
    }
}
// docs:end request

/// A ticket that verified and was not used before.
pub struct Ticket {
    user: UserId,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    jti: String,
    exp: i64,
}

// docs:begin grant
impl Grant for PartnerTicket {
    type Request = Request;
    type Prepared = Ticket;

    fn grant_type(&self) -> GrantType {
        GrantType::new(GRANT_TYPE)
    }

    fn client_policy(&self) -> ClientPolicy {
        ClientPolicy::ConfidentialOnly
    }

    fn failure_event(&self) -> &'static str {
        "fepartner"
    }

    /// Verifies the ticket and remembers it: a mark that outlives a later refusal, so that a ticket is spent
    /// by being shown.
    async fn prepare(
        &self,
        request: &Request,
        cx: &PrepareContext<'_>,
    ) -> Result<Result<Ticket, Refusal>, Fault> {
        let now = cx.context.request.now;
        let issuer = cx.context.request.domain.issuer.as_str();
        let claims = match self.verify(&request.ticket, issuer, now) {
            Ok(claims) => claims,
            Err(error) => return Ok(Err(error.into())),
        };
        let mark = HandleHash::of(&claims.jti);
        let until = Timestamp::from_seconds(claims.exp);
        if !cx.replay.remember("partner_ticket", mark, now, until).await? {
            return Ok(Err(refused("partner_ticket.used").into()));
        }
        Ok(Ok(Ticket { user: UserId::new(claims.sub) }))
    }

    /// Decides by what is true now, and writes nothing: after a lost race it runs again.
    async fn decide(&self, request: &Request, ticket: &Ticket, cx: &Context<'_>) -> Result<Decision, Fault> {
        let client = cx.client.client();
        if !client.settings.is_first_party {
            // Nobody was asked for consent.
            return Ok(Decision::Refuse(refused("partner_ticket.third_party").into()));
        }
        let Some(user) = cx.reads.user(&ticket.user).await? else {
            return Ok(Decision::Refuse(refused("partner_ticket.user").into()));
        };
        let Some(connection) = cx.reads.connection(&user.connection_id).await? else {
            return Ok(Decision::Refuse(refused("partner_ticket.user").into()));
        };
        let Some(api) = cx.reads.resource_server(&request.audience).await? else {
            let error = OAuthError::new(
                ErrorCode::InvalidTarget,
                "partner_ticket.audience",
                "There is no API {audience}",
            );
            return Ok(Decision::Refuse(error.with("audience", request.audience.as_str()).into()));
        };
        let client_grant = cx.reads.client_grant(&client.id, &api.identifier, SubjectType::User).await?;
        let case = Case {
            now: cx.request.now,
            client,
            grant_type: &self.grant_type(),
            subject: Subject::User(Some(&user)),
            api: Some(&api),
            client_grant: client_grant.as_ref(),
            session: Session::Independent,
            connection: Some(&connection),
            authorization: None,
            consent: None,
        };
        // The gate is the only one who can let something be issued.
        let passed = case.pass().and_then(|pass| {
            let allowed = allowed_scopes(client, &api, client_grant.as_ref(), SubjectType::User)?;
            Ok((pass, allowed.scopes, bind(client, Some(&api), cx.proved)?))
        });
        let (pass, allowed, constraint) = match passed {
            Ok(passed) => passed,
            Err(refusal) => return Ok(Decision::Refuse(refusal.into())),
        };
        let scope = match &request.scope {
            None => allowed,
            Some(asked) => asked.filtered(|scope| allowed.contains(scope)),
        };
        let authorization = self.authorization(&user, &api, &scope, cx);
        let access_token = AccessTokenPlan {
            lifetime: api.settings.token_lifetime,
            api: Some(api),
            subject: TokenSubject::User(user.id.clone()),
            scope,
            constraint,
            authorization_id: Some(authorization.id.clone()),
            gty: Some("partner-ticket"),
            custom_claims: CustomClaims::default(),
        };
        let plan = TokenPlan { client: client.clone(), access_token, id_token: None, refresh_token: None };
        let changes = Changes::none().with(Change::InsertAuthorization(authorization));
        Ok(Decision::Issue(Issue { pass, plan, changes }))
    }
}
// docs:end grant

impl PartnerTicket {
    fn verify(&self, ticket: &str, issuer: &str, now: Timestamp) -> Result<Claims, OAuthError> {
        let expected = Expected {
            typ: &[TYPE],
            issuer: &self.partner,
            audience: Some(issuer),
            algorithms: &[Algorithm::ES256],
            now: Some(now),
        };
        let verified = Jwt::verify(ticket, &self.keys, &expected);
        let claims: Claims = verified.and_then(|ticket| ticket.claims()).map_err(|error| match error {
            JoseError::Expired => refused("partner_ticket.expired"),
            _ => refused("partner_ticket.invalid"),
        })?;
        if claims.jti.is_empty() || now.plus(LONGEST_LIFE) < Timestamp::from_seconds(claims.exp) {
            return Err(refused("partner_ticket.invalid"));
        }
        Ok(claims)
    }

    /// What the token hangs from, so that it ends with the user or the client.
    fn authorization(
        &self,
        user: &User,
        api: &ResourceServer,
        scope: &Scope,
        cx: &Context<'_>,
    ) -> Authorization {
        Authorization {
            id: AuthorizationId::new(Handle::generate(&*self.random).expose()),
            client_id: cx.client.client().id.clone(),
            user_id: user.id.clone(),
            session_id: None,
            audience: Some(api.identifier.clone()),
            scope: scope.clone(),
            organization_id: None,
            issuer: cx.request.domain.issuer.clone(),
            created_at: cx.request.now,
            ended_at: None,
            epoch: 1,
        }
    }
}

/// The text does not say which rule was broken; the rule id does, to the log.
fn refused(rule: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, rule, "The ticket is not valid")
}
