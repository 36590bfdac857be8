use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const BLOCK_BYTES: usize = 64;

/// HMAC-SHA256 (RFC 2104) over the parts one after the other. Not through OpenSSL, whose lookup of the
/// algorithm costs ten times as much as the MAC of a short message.
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let hashed: Zeroizing<[u8; 32]>;
    let key = if key.len() > BLOCK_BYTES {
        hashed = Zeroizing::new(Sha256::digest(key).into());
        hashed.as_slice()
    } else {
        key
    };
    let mut block = Zeroizing::new([0_u8; BLOCK_BYTES]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
