use md5::{Digest, Md5};

use crate::upstream::hex;

/// The address of a picture for a user who has none: Gravatar's, which shows two letters where it knows nobody
/// (extended contract §2.6.3).
pub(crate) fn generated(email: Option<&str>, user_id: &str, nickname: &str) -> String {
    let seed = email.unwrap_or(user_id).trim().to_lowercase();
    let mut letters: String = nickname.chars().filter(char::is_ascii_alphanumeric).take(2).collect();
    letters.make_ascii_lowercase();
    if letters.len() < 2 {
        letters = "us".to_owned();
    }
    let hash = hex(&Md5::digest(seed.as_bytes()));
    format!(
        "https://s.gravatar.com/avatar/{hash}?s=480&r=pg&d=https%3A%2F%2Fcdn.auth0.com%2Favatars%2F{letters}.png"
    )
}
