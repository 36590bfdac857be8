use countersign_jose::{decode_base64url, encode_base64url};
use countersign_oauth::{FamilyId, Sealer, Secret, SecureRandom};

/// What a refresh token says of itself, authenticated: the fence that a store which went back in time
/// cannot hide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// Its family.
    pub family: FamilyId,
    /// Its generation.
    pub generation: u32,
}

const PREFIX: &str = "v1.";
const PURPOSE: &str = "refresh_token";
const RANDOM_BYTES: usize = 32;
const MAC_BYTES: usize = 16;

/// Draws a refresh token: `v1.` and the base64url of generation, 256 random bits, family and MAC.
pub(crate) fn generate(fence: &Fence, sealer: &dyn Sealer, random: &dyn SecureRandom) -> Secret<String> {
    let mut random_bytes = [0_u8; RANDOM_BYTES];
    random.fill(&mut random_bytes);
    let mut body = fence.generation.to_be_bytes().to_vec();
    body.extend_from_slice(&random_bytes);
    body.extend_from_slice(fence.family.as_str().as_bytes());
    let mac = sealer.mac(PURPOSE, &body);
    body.extend(mac.iter().take(MAC_BYTES));
    Secret::new(format!("{PREFIX}{}", encode_base64url(body)))
}

/// Reads the fence of a presented token; `None` for whatever we did not make.
#[must_use]
pub fn parse(token: &str, sealer: &dyn Sealer) -> Option<Fence> {
    let bytes = decode_base64url(token.strip_prefix(PREFIX)?).ok()?;
    let (body, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
    let expected = sealer.mac(PURPOSE, body);
    if Secret::new(expected.get(..MAC_BYTES)?.to_vec()) != Secret::new(mac.to_vec()) {
        return None;
    }
    let (generation, rest) = body.split_first_chunk::<4>()?;
    let family = std::str::from_utf8(rest.get(RANDOM_BYTES..)?).ok()?;
    Some(Fence { family: FamilyId::new(family), generation: u32::from_be_bytes(*generation) })
}

#[cfg(test)]
mod tests;
