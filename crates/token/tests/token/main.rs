//! Plans become tokens, and tokens are read again.
#![cfg(test)]

mod access_tokens;
mod hints;
mod id_tokens;
mod mint;
mod reader;
mod refresh_tokens;
mod world;
