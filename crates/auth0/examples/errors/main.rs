//! Prints `docs/reference/errors.md` from the list of rules on standard input: `cargo xtask docs --write`.

mod page;

use std::io::{Read as _, Write as _};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut list = String::new();
    std::io::stdin().read_to_string(&mut list)?;
    let page = page::page(&page::parse(&list)?);
    std::io::stdout().write_all(page.as_bytes())?;
    Ok(())
}
