use countersign_client_auth::AuthenticatedClient;
use countersign_dpop::{DpopError, ExpectedProof, Nonces, Proof, single_header};
use countersign_jose::Verifier;
use countersign_oauth::{Error, RequestContext};
use countersign_storage::ReplayGuard;
use countersign_token::SenderConstraint;

/// The space of replay marks for proofs at this endpoint.
const REPLAY_SPACE: &str = "dpop_jti";

/// Reads what the caller proved of a key (RFC 9449 §4.3): nothing without a `DPoP` header.
///
/// A public client must show a nonce of ours (RFC 9449 §8); the mark of a used proof outlives whatever is
/// decided later.
///
/// # Errors
/// [`DpopError`] as a refusal, or a fault when the mark cannot be set.
pub(crate) async fn constrain(
    headers: &[String],
    client: &AuthenticatedClient,
    context: &RequestContext,
    replay: &dyn ReplayGuard,
    tools: (&dyn Verifier, &Nonces<'_>),
) -> Result<SenderConstraint, Error> {
    let (verifier, nonces) = tools;
    let refuse = |error: DpopError| Error::Refused(error.into());
    let Some(header) = single_header(headers).map_err(refuse)? else {
        return Ok(SenderConstraint::None);
    };
    let url = context.domain.issuer.endpoint("oauth/token");
    let expected = ExpectedProof { method: "POST", url: &url, access_token: None, now: context.now };
    let proof = Proof::verify(header, &expected, verifier).map_err(refuse)?;
    if !client.is_confidential() {
        let nonce = proof.nonce.as_deref().ok_or_else(|| refuse(DpopError::NonceMissing))?;
        nonces.check(nonce, context.now).map_err(refuse)?;
    }
    let fresh =
        replay.remember(REPLAY_SPACE, proof.replay_mark(), context.now, proof.remember_until()).await?;
    if !fresh {
        return Err(refuse(DpopError::Replayed));
    }
    Ok(SenderConstraint::Dpop(proof.jkt))
}
