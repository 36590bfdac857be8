use sha2::{Digest, Sha256};

/// HMAC-SHA256 (RFC 2104) of the parts, each preceded by its length.
pub(crate) fn hmac(key: [u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut pad = [0_u8; 64];
    for (to, from) in pad.iter_mut().zip(key) {
        *to = from;
    }
    let mut inner = Sha256::new();
    inner.update(pad.map(|byte| byte ^ 0x36));
    for part in parts {
        inner.update(part.len().to_be_bytes());
        inner.update(part);
    }
    let mut outer = Sha256::new();
    outer.update(pad.map(|byte| byte ^ 0x5c));
    outer.update(inner.finalize());
    outer.finalize().into()
}

/// SHA-256 of the parts, each preceded by its length.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
