/// An http or https URL in the normal form of RFC 3986 §6.2.2 and §6.2.3, without query and fragment: two
/// texts that name the same resource by those rules are equal here, and no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpUrl {
    https: bool,
    host: String,
    port: u16,
    path: String,
}

impl HttpUrl {
    /// Parses an absolute URL; user information, other schemes and whatever RFC 3986 does not allow give
    /// `None`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if !text.bytes().all(|b| b.is_ascii_graphic() && !br#""\<>^`{|}"#.contains(&b)) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let rest = rest.split(['?', '#']).next()?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_authority(authority)?;
        let port = match port {
            "" if https => 443,
            "" => 80,
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
            _ => return None,
        };
        Some(Self { https, host, port, path: remove_dot_segments(&normalise_escapes(path)?) })
    }
}

/// Host in lower case and port as it stands.
fn split_authority(authority: &str) -> Option<(String, &str)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (inside, after) = v6.split_once(']')?;
            inside.parse::<std::net::Ipv6Addr>().ok()?;
            (format!("[{inside}]"), if after.is_empty() { "" } else { after.strip_prefix(':')? })
        }
        None => {
            let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
            (normalise_escapes(host)?, port)
        }
    };
    let host = host.to_ascii_lowercase();
    (!host.is_empty() && !host.contains(['@', '%'])).then_some((host, port))
}

/// Percent-encodings in upper case, those of unreserved characters decoded (RFC 3986 §6.2.2.1-2).
fn normalise_escapes(text: &str) -> Option<String> {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            normal.push(c);
            continue;
        }
        let (high, low) = (rest.next()?.to_digit(16)?, rest.next()?.to_digit(16)?);
        match char::from_u32(high * 16 + low)? {
            decoded if decoded.is_ascii_alphanumeric() || "-._~".contains(decoded) => normal.push(decoded),
            decoded => normal.push_str(&format!("%{:02X}", u32::from(decoded))),
        }
    }
    Some(normal)
}

/// RFC 3986 §5.2.4, for a path that is empty or begins with a slash; an empty one becomes `/` (§6.2.3).
fn remove_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests;
