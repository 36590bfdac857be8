use super::*;

const FILE: &str = r#"
//! A file.
pub use countersign_users::LoginLimits;
pub use inner::Thing;

/// A rate.
#[derive(Debug)]
pub struct Rate {
    /// Said.
    pub burst: u32,
    interval: i64,
}

pub struct Name(String);

pub(crate) struct Own {
    pub hidden: u32,
}

impl Rate {
    /// Makes one.
    #[must_use]
    pub fn new(
        burst: u32,
        per: Seconds,
    ) -> Option<Self> {
        let fn_like = 1;
        None
    }

    pub const fn burst(self) -> u32 {
        self.burst
    }

    fn own(self) {}
}

impl From<u32> for Rate {
    fn from(burst: u32) -> Self {
        Self { burst }
    }
}

pub enum Place {
    /// Here.
    Here,
    There { far: bool },
    Beyond {
        /// How far.
        miles: u32,
    },
}

pub trait Draw: Send {
    /// Draws.
    fn draw<'a>(
        &'a self,
        rate: Rate,
    ) -> Drawn;

    fn look(&self) -> bool {
        true
    }
}

pub trait Both:
    Draw
    + Send
{
    fn both(&self);
}

pub async fn serve(stop: Stop) -> Result<(), Error>
where
    Stop: Send,
{
    todo()
}

#[macro_export]
macro_rules! suite {
    () => {};
}

#[cfg(test)]
mod tests {
    pub fn never() {}
}
"#;

#[test]
fn public_items_and_their_members_are_listed() {
    let expected = [
        "use countersign_users::LoginLimits",
        "struct Rate",
        "field Rate.burst: u32",
        "struct Name(..)",
        "fn Rate::new(burst: u32, per: Seconds) -> Option<Self>",
        "const fn Rate::burst(self) -> u32",
        "impl From<u32> for Rate",
        "enum Place",
        "variant Place::Here",
        "variant Place::There { far: bool }",
        "variant Place::Beyond { miles: u32, }",
        "trait Draw: Send",
        "fn Draw::draw<'a>(&'a self, rate: Rate) -> Drawn",
        "fn Draw::look(&self) -> bool",
        "trait Both: Draw + Send",
        "fn Both::both(&self)",
        "async fn serve(stop: Stop) -> Result<(), Error> where Stop: Send,",
        "macro suite!",
    ];
    assert_eq!(items(FILE), expected);
}

#[test]
fn a_crate_has_one_page_without_its_tests_and_programs() {
    let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let pages = pages(&[
        source("crates/a/src/lib.rs", "pub fn b() {}\n"),
        source("crates/a/src/more.rs", "pub fn a();\n"),
        source("crates/a/src/tests.rs", "pub fn test() {}\n"),
        source("crates/a/tests/all.rs", "pub fn test() {}\n"),
        source("crates/a/src/main.rs", "pub fn main() {}\n"),
    ]);
    assert_eq!(pages, [("a".to_owned(), "fn a()\nfn b()\n".to_owned())]);
}
