use countersign_storage::{Client, PopMechanism, RequiredFor, ResourceServer};
use countersign_token::SenderConstraint;

use crate::GateRefusal;

/// What binds the access token, given what was proved (core contract §3.12, RFC 9449 §5).
///
/// An API without DPoP gets an unbound token even where a proof was sent; a client or an API that requires
/// a proof never gets an unbound one.
///
/// # Errors
/// [`GateRefusal::ProofRequired`].
pub fn bind(
    client: &Client,
    api: Option<&ResourceServer>,
    proved: &SenderConstraint,
) -> Result<SenderConstraint, GateRefusal> {
    let pop = api.and_then(|api| api.settings.proof_of_possession.as_ref());
    let api_knows_proofs = api.is_none() || pop.is_some_and(|pop| pop.mechanism == PopMechanism::Dpop);
    let bound = if api_knows_proofs { proved.clone() } else { SenderConstraint::None };
    let api_requires = pop.is_some_and(|pop| match pop.mechanism {
        PopMechanism::None => false,
        // Certificates are required of everyone, and nobody can show one here.
        PopMechanism::Mtls => true,
        PopMechanism::Dpop => {
            pop.required && (pop.required_for == RequiredFor::AllClients || client.settings.is_public())
        }
    });
    let required = client.settings.require_proof_of_possession || api_requires;
    if required && bound == SenderConstraint::None { Err(GateRefusal::ProofRequired) } else { Ok(bound) }
}

#[cfg(test)]
mod tests;
