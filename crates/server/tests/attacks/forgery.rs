//! What an attacker needs of cryptography.

use sha2::{Digest as _, Sha256};

/// RFC 2104 with SHA-256.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new_with_prefix(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new_with_prefix(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

/// The `SubjectPublicKeyInfo` in a certificate: it begins where the algorithm of an RSA or P-256 key
/// stands for the second time or only once, after the names.
pub fn public_key_of(der: &[u8]) -> &[u8] {
    let rsa: &[u8] = &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let curve: &[u8] = &[0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let place = |mark: &[u8]| der.windows(mark.len()).position(|window| window == mark);
    if let Some(at) = place(rsa) {
        let length = usize::from(der[at - 2]) * 256 + usize::from(der[at - 1]);
        return &der[at - 4..at + length];
    }
    let at = place(curve).unwrap();
    &der[at - 2..at + usize::from(der[at - 1])]
}
