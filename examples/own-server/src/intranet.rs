//! An identity provider of our own: the company's directory, which issues access tokens and says whose they are.

use countersign_connections::{
    Field, FieldKind, Proof, Provider, ProviderProfile, ScopeForm, StrategyOptions, Upstream, UpstreamError,
    UpstreamTokens,
};
use countersign_oauth::{BoxFuture, FetchRequest};

// docs:begin provider
/// The strategy `intranet`: connections whose users are in the company's directory.
pub struct Intranet;

/// Said by the company, so it stands in the code and not in the tenant.
const WHOSE: &str = "https://directory.intranet.example/whose";

impl Provider for Intranet {
    fn strategy(&self) -> &'static str {
        "intranet"
    }

    /// The secret is stored sealed because it is said to be one.
    fn options(&self) -> StrategyOptions {
        const FIELDS: [Field; 2] = [
            Field { name: "client_id", kind: FieldKind::Text },
            Field { name: "client_secret", kind: FieldKind::Secret },
        ];
        StrategyOptions { fields: &FIELDS, scope: ScopeForm::List }
    }

    fn takes_access_tokens(&self) -> bool {
        true
    }

    fn accept<'a>(
        &'a self,
        proof: &'a Proof,
        upstream: &'a Upstream<'a>,
    ) -> BoxFuture<'a, Result<ProviderProfile, UpstreamError>> {
        Box::pin(async move {
            let Proof::AccessToken { token, .. } = proof else { return Err(UpstreamError::not_taken()) };
            let request = FetchRequest::get(upstream.url(WHOSE))
                .with_header("authorization", format!("Bearer {}", token.expose()))
                .with_header("x-app-secret", upstream.secret("client_secret")?.expose().as_str());
            let answer = upstream.json(request).await?;
            if !answer.is_success() {
                return Err(UpstreamError::refused(
                    "intranet.token_refused",
                    "the directory does not know it",
                ));
            }
            // First for whom it was issued, then who it is.
            if answer.text("issued_to") != Some(upstream.option("client_id")?) {
                return Err(UpstreamError::other_application());
            }
            let number = answer.text("staff_number").unwrap_or_default();
            let mut profile = ProviderProfile::of(number)?;
            profile.set_email(answer.body.get("email"), answer.body.get("email_confirmed"));
            profile.claims_of(&answer.body);
            profile.attributes_of(&answer.body, &["issued_to", "staff_number", "email_confirmed"]);
            profile.tokens =
                UpstreamTokens { access_token: Some(token.clone()), ..UpstreamTokens::default() };
            Ok(profile)
        })
    }
}
// docs:end provider
