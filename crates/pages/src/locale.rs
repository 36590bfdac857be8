//! Which language a page speaks.

/// A language that pages have texts in; [`Pages::choose_locale`](crate::Pages::choose_locale) makes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Locale(String);

impl Locale {
    /// The BCP 47 tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Chooses among the languages `spoken`, the first of which serves where nothing fits.
///
/// The first entry of `ui_locales` must be an enabled locale, else the tenant's default is used, which is
/// the first enabled one (core §2.1). Without `ui_locales` the browser's `Accept-Language` decides among
/// the enabled ones (RFC 9110 §12.5.4). A tenant that enables none has all.
pub(crate) fn choose(
    ui_locales: Option<&str>,
    enabled: &[String],
    accept_language: &str,
    spoken: &[&str],
) -> Locale {
    let enabled: Vec<&str> =
        if enabled.is_empty() { spoken.to_vec() } else { enabled.iter().map(String::as_str).collect() };
    let default = || enabled.iter().find_map(|tag| lookup(tag, spoken)).or(spoken.first().copied());
    let asked = ui_locales.and_then(|list| list.split_ascii_whitespace().next());
    let chosen = match asked {
        Some(first) => exact(first, &enabled).and_then(|tag| lookup(tag, spoken)),
        None => preferred(accept_language, &enabled).and_then(|tag| lookup(tag, spoken)),
    };
    Locale(chosen.or_else(default).unwrap_or_default().to_owned())
}

/// The enabled locale that the browser likes best.
fn preferred<'a>(accept_language: &str, enabled: &[&'a str]) -> Option<&'a str> {
    let mut ranges: Vec<(&str, f32)> = accept_language.split(',').filter_map(range).collect();
    // The sort is stable: among equals the order in the header counts.
    ranges.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    ranges.into_iter().find_map(|(range, _)| lookup(range, enabled))
}

/// One range with its weight; a weight of nought means never.
fn range(text: &str) -> Option<(&str, f32)> {
    let (range, weight) = text.split_once(';').unwrap_or((text, "q=1"));
    let weight: f32 = weight.trim().strip_prefix("q=")?.trim().parse().ok()?;
    (weight > 0.0 && weight <= 1.0).then_some((range.trim(), weight))
}

/// Looks a tag up, then its shorter forms: `de-AT-1996`, `de-AT`, `de` (RFC 4647 §3.4).
fn lookup<'a>(tag: &str, among: &[&'a str]) -> Option<&'a str> {
    let mut tag = tag;
    loop {
        if let Some(found) = exact(tag, among) {
            return Some(found);
        }
        tag = tag.rsplit_once('-')?.0;
    }
}

fn exact<'a>(tag: &str, among: &[&'a str]) -> Option<&'a str> {
    among.iter().find(|known| known.eq_ignore_ascii_case(tag)).copied()
}

#[cfg(test)]
mod tests;
