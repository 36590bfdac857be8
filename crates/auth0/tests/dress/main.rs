//! How each broken rule is dressed: status, code and text, in the default profile and under `rfc`.
#![cfg(test)]

mod complete;
mod literal;
#[path = "../../examples/errors/page.rs"]
mod page;
mod real;
mod reference;
mod table;
