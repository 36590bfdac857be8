use countersign_oauth::{Fault, HandleHash};
use countersign_token_endpoint::{Decision, Grant as _, Issuance, PrepareContext, Refusal, ask_post_login};
use countersign_users::{LoginTransaction, Method, Protocol, Verdict};

use super::{RefreshToken, Request};

/// Runs the tenant's own code for an exchange that would succeed. One that would be refused runs none, and
/// is refused when it is decided.
pub(super) async fn ask(
    request: &Request,
    cx: &PrepareContext<'_>,
) -> Result<Result<Verdict, Refusal>, Fault> {
    let reads = cx.context.reads;
    if !cx.hook.is_bound(reads).await? {
        return Ok(Ok(Verdict::default()));
    }
    let decided = RefreshToken.decide(request, &Verdict::default(), &cx.context).await?;
    let Decision::Issue(issue) = decided else { return Ok(Ok(Verdict::default())) };
    let found = reads.refresh_token(&HandleHash::of(request.refresh_token.expose())).await?;
    // What is gone since then is for the decision to say.
    let Some((token, family)) = found else { return Ok(Ok(Verdict::default())) };
    let Some(user) = reads.user(&family.user_id).await? else { return Ok(Ok(Verdict::default())) };
    let session = match &family.session_id {
        Some(id) => reads.session(id).await?,
        None => None,
    };
    let connection_id =
        session.as_ref().map_or_else(|| user.connection_id.clone(), |session| session.connection_id.clone());
    let Some(connection) = reads.connection(&connection_id).await? else {
        return Ok(Ok(Verdict::default()));
    };
    let methods = session.as_ref().map(|session| Method::of_session(session, &connection));
    let issuance = Issuance {
        user,
        connection,
        audience: family.audience.clone(),
        session: session.map(|session| session.id),
        methods: methods.unwrap_or_default(),
        transaction: LoginTransaction {
            requested_scopes: request.scope.clone().unwrap_or_default(),
            ..LoginTransaction::new(Protocol::RefreshToken)
        },
        scope: issue.plan.access_token.scope,
        refresh_token: Some((token, family)),
    };
    ask_post_login(issuance, cx).await
}
