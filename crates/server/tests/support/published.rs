use countersign_crypto::OpenSslVerifier;
use countersign_jose::{
    Algorithm, Audiences, Compact, JoseError, PublicKey, Verifier as _, encode_base64url,
};
use serde_json::Value;

use super::{Harness, Request};

/// The published keys, as an API or an application fetches them.
pub struct Published(pub Vec<Value>);

impl Published {
    pub fn fetch(server: &Harness) -> Self {
        let answer = server.send(&Request::get(server.url("/.well-known/jwks.json"))).expect(200);
        Self(answer.json()["keys"].as_array().unwrap().clone())
    }

    /// The key of that id.
    pub fn key(&self, kid: &str) -> &Value {
        self.0.iter().find(|key| key["kid"] == kid).unwrap_or_else(|| panic!("no key {kid}"))
    }

    /// The claims of a token that one of these keys signed; what it must be an API knows beforehand.
    pub fn verify(&self, token: &str, algorithm: Algorithm, typ: &str) -> Result<Value, JoseError> {
        let compact = Compact::parse(token)?;
        assert_eq!(compact.header.typ.as_deref(), Some(typ));
        let kid = compact.header.kid.clone().unwrap();
        let key = self.key(&kid);
        assert_eq!((&key["alg"], &key["use"]), (&algorithm.as_str().into(), &"sig".into()));
        let key = PublicKey::from_jwk(key)?;
        let verifier = OpenSslVerifier::new().unwrap();
        let input = compact.signing_input.as_bytes();
        verifier.verify(compact.algorithm(&[algorithm])?, &key, input, &compact.signature)?;
        Ok(serde_json::from_slice(&compact.payload).unwrap())
    }
}

/// Whether `aud` names the audience.
pub fn names(claims: &Value, audience: &str) -> bool {
    serde_json::from_value::<Audiences>(claims["aud"].clone()).unwrap().contains(audience)
}

/// SHA-1 (FIPS 180-4) as base64url: `x5t` is defined with it, and nothing else here needs it.
pub fn sha1(message: &[u8]) -> String {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks(64) {
        let mut words: Vec<u32> =
            block.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
        for at in 16..80 {
            let word = words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16];
            words.push(word.rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (at, word) in words.iter().enumerate() {
            let (mix, constant) = match at / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a.rotate_left(5).wrapping_add(mix).wrapping_add(e);
            let next = next.wrapping_add(constant).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (kept, new) in state.iter_mut().zip([a, b, c, d, e]) {
            *kept = kept.wrapping_add(new);
        }
    }
    let bytes: Vec<u8> = state.iter().flat_map(|word| word.to_be_bytes()).collect();
    encode_base64url(bytes)
}

/// A certificate's parts (RFC 5280 §4.1): what is signed, and the signature.
pub fn certificate_parts(der: &[u8]) -> (&[u8], &[u8]) {
    let (certificate, _) = element(der);
    let (_, signed) = element(certificate);
    let (_, algorithm) = element(&certificate[signed..]);
    let rest = &certificate[signed + algorithm..];
    let (bits, _) = element(rest);
    // A bit string begins with the count of its unused bits.
    (&certificate[..signed], &bits[1..])
}

/// The first DER element: its content, and its whole length.
fn element(der: &[u8]) -> (&[u8], usize) {
    let (length, head) = match usize::from(der[1]) {
        short @ 0..128 => (short, 2),
        long => {
            let count = long - 128;
            (der[2..2 + count].iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte)), 2 + count)
        }
    };
    (&der[head..head + length], head + length)
}
