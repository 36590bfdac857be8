//! What a request asks for, and what of it may be granted whoever the user turns out to be.

use countersign_gate::{AudienceRequest, allowed_scopes, bind, effective_audience, scope_for_user};
use countersign_grants::{Api, read_api};
use countersign_oauth::{ErrorCode, Fault, OAuthError, Scope};
use countersign_storage::SubjectType;
use countersign_token::SenderConstraint;
use countersign_token_endpoint::Context;

/// What a request asks for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) target: Target,
    /// `None` where the request names no scope.
    pub(super) scope: Option<Scope>,
}

/// What the access token is for.
#[derive(Debug)]
pub(super) enum Target {
    /// Userinfo alone.
    Userinfo,
    /// What `audience` or `resource` says, or the tenant's default.
    Api { audience: Option<String>, resources: Vec<String> },
}

/// What may be granted now.
pub(super) struct Terms {
    pub(super) api: Option<Api>,
    pub(super) scope: Scope,
    pub(super) constraint: SenderConstraint,
}

impl Asked {
    /// Reads the API and holds what is asked against what is allowed now.
    pub(super) async fn terms(&self, cx: &Context<'_>) -> Result<Result<Terms, OAuthError>, Fault> {
        let client = cx.client.client();
        let audience = match self.audience(cx) {
            Ok(audience) => audience,
            Err(error) => return Ok(Err(error)),
        };
        let api = match (read_api(cx.reads, audience.as_ref(), &client.id).await?, &audience) {
            (Some(None), Some(audience)) => return Ok(Err(self.unknown(audience.as_str(), cx))),
            (api, _) => api.flatten(),
        };
        Ok(self.allowed(api, cx))
    }

    fn audience(&self, cx: &Context<'_>) -> Result<Option<countersign_oauth::Audience>, OAuthError> {
        let Target::Api { audience, resources } = &self.target else { return Ok(None) };
        let resource = resources.first().map(String::as_str);
        if resources.iter().any(|other| Some(other.as_str()) != resource) {
            return Err(several_resources());
        }
        let request = AudienceRequest { audience: audience.as_deref(), resource };
        Ok(effective_audience(request, cx.settings, &cx.request.domain, cx.compliance()))
    }

    fn allowed(&self, api: Option<Api>, cx: &Context<'_>) -> Result<Terms, OAuthError> {
        let client = cx.client.client();
        let allowed = api.as_ref().map(|api| {
            allowed_scopes(client, &api.server, api.grant.as_ref(), SubjectType::User)
                .map(|allowed| (&api.server, allowed))
        });
        let allowed = allowed.transpose()?;
        let constraint = bind(client, api.as_ref().map(|api| &api.server), cx.proved)?;
        let scope = match (&self.scope, &allowed) {
            (Some(asked), allowed) => {
                scope_for_user(asked, client, allowed.as_ref().map(|(server, allowed)| (*server, allowed)))
            }
            // Core contract §3.7: who asks for none gets all that the API has.
            (None, Some((_, allowed))) => allowed.scopes.clone(),
            (None, None) => Scope::default(),
        };
        Ok(Terms { api, scope, constraint })
    }

    fn unknown(&self, named: &str, cx: &Context<'_>) -> OAuthError {
        let by_resource =
            matches!(&self.target, Target::Api { audience: None, resources } if !resources.is_empty());
        let code = if by_resource && cx.compliance().is_rfc() {
            ErrorCode::InvalidTarget
        } else {
            ErrorCode::AccessDenied
        };
        OAuthError::new(code, "native_social.unknown_audience", "Service not found: {audience}")
            .with("audience", named)
    }
}

/// A token has one API, so several resources must be the same one (RFC 8707 §2).
fn several_resources() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidTarget,
        "native_social.several_resources",
        "A token can be issued for one resource at a time",
    )
}
