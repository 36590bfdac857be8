//! The files that pages load. Their paths name their content, so that they may be cached for ever.

/// A file to serve at a path that changes with its content: `Cache-Control: public, max-age=31536000, immutable`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The path, such as `/assets/countersign-0123456789abcdef.css`.
    pub path: String,
    /// The value of the `Content-Type` header.
    pub content_type: &'static str,
    /// The content.
    pub bytes: &'static [u8],
}

const STYLESHEET: &[u8] = include_bytes!("../assets/countersign.css");
const ICON: &[u8] = include_bytes!("../assets/countersign.svg");
const PLAYGROUND_STYLESHEET: &[u8] = include_bytes!("../assets/playground.css");
/// One module in five parts.
const PLAYGROUND_SCRIPT: &str = concat!(
    include_str!("../assets/playground/codec.js"),
    include_str!("../assets/playground/proof.js"),
    include_str!("../assets/playground/wire.js"),
    include_str!("../assets/playground/show.js"),
    include_str!("../assets/playground/flow.js"),
);

/// The stylesheet of every page.
pub(crate) fn stylesheet() -> Asset {
    asset("css", "text/css; charset=utf-8", STYLESHEET)
}

/// The icon that browsers show in a tab.
pub(crate) fn icon() -> Asset {
    asset("svg", "image/svg+xml", ICON)
}

/// What the playground loads beside them: its script, and its stylesheet.
pub(crate) fn playground() -> [Asset; 2] {
    [
        asset("js", "text/javascript; charset=utf-8", PLAYGROUND_SCRIPT.as_bytes()),
        asset("css", "text/css; charset=utf-8", PLAYGROUND_STYLESHEET),
    ]
}

fn asset(extension: &str, content_type: &'static str, bytes: &'static [u8]) -> Asset {
    Asset { path: format!("/assets/countersign-{:016x}.{extension}", fnv1a(bytes)), content_type, bytes }
}

/// FNV-1a of 64 bits: it tells versions of our own files apart, and nothing of security hangs on it.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests;
