//! Ids and secrets in Auth0's shapes.

use countersign_oauth::{Secret, SecureRandom};

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `length` letters and digits, each as likely as any other.
pub(crate) fn alphanumeric(random: &dyn SecureRandom, length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0_u8; 64];
        random.fill(&mut bytes);
        // 248 is the largest multiple of 62 that a byte holds: what is over it would favour some.
        let letters = bytes
            .iter()
            .filter(|byte| **byte < 248)
            .filter_map(|byte| ALPHANUMERIC.get(usize::from(byte % 62)).copied().map(char::from));
        text.extend(letters.take(length - text.len()));
    }
    text
}

/// A secret of 64 letters and digits: 381 bits.
pub(crate) fn secret(random: &dyn SecureRandom) -> Secret<String> {
    Secret::new(alphanumeric(random, 64))
}

/// 24 hexadecimal digits, as users and APIs have.
pub(crate) fn hex24(random: &dyn SecureRandom) -> String {
    let mut bytes = [0_u8; 12];
    random.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use countersign_testkit::SeededRandom;

    use super::*;

    #[test]
    fn ids_and_secrets_have_auth0s_shapes_and_differ() {
        let random = SeededRandom::default();
        let (one, two) = (alphanumeric(&random, 32), alphanumeric(&random, 32));
        assert!(one.len() == 32 && one.bytes().all(|b| b.is_ascii_alphanumeric()) && one != two);
        assert_eq!(secret(&random).expose().len(), 64);
        let hex = hex24(&random);
        assert!(hex.len() == 24 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
