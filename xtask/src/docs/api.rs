//! The public items of each crate, read from its formatted sources: a line each, sorted.
//!
//! What `rustfmt` does is relied on: an item begins at the left edge, its members four spaces further in. What
//! macros make is not seen. `pub` means public, because the lint `unreachable_pub` is on.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{self, Source};

/// The list of each crate, by the name of its folder.
pub(crate) fn pages(sources: &[Source]) -> Vec<(String, String)> {
    let mut crates: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for source in sources {
        let folder = sources::crate_folder(&source.path);
        let is_library = source.path.starts_with(&format!("{folder}/src/")) && !source.is_test();
        if is_library && !source.path.ends_with("/main.rs") {
            crates.entry(folder).or_default().extend(items(&source.text));
        }
    }
    let page =
        |items: BTreeSet<String>| items.into_iter().fold(String::new(), |page, item| page + &item + "\n");
    let named = |folder: &str| folder.rsplit('/').next().unwrap_or(folder).to_owned();
    crates.into_iter().map(|(folder, items)| (named(folder), page(items))).collect()
}

/// The public items of a file.
fn items(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    let mut exported = false;
    while let Some(line) = lines.get(at) {
        let length = chunk(lines.get(at..).unwrap_or_default());
        let chunk = lines.get(at..at + length).unwrap_or_default();
        if line.starts_with("pub ") || line.starts_with("impl") {
            found.extend(item(chunk));
        } else if let Some(name) = line.strip_prefix("macro_rules! ").filter(|_| exported) {
            found.push(format!("macro {}!", name.trim_end_matches(" {")));
        }
        exported = *line == "#[macro_export]" || (exported && line.starts_with('#'));
        at += length;
    }
    found
}

/// How many lines an item takes: to the line that closes it at the left edge, or ends it.
fn chunk(lines: &[&str]) -> usize {
    let Some(first) = lines.first() else { return 1 };
    if first.is_empty() || first.starts_with(['/', '#', '}', ' ']) || ends(first) {
        return 1;
    }
    let closing = |line: &&str| !line.starts_with(' ') && (line.starts_with('}') || ends(line));
    lines.iter().skip(1).position(closing).map_or(lines.len(), |more| more + 2)
}

fn ends(line: &str) -> bool {
    line.ends_with([';', '}'])
}

/// An item and its public members, each as a line.
fn item(chunk: &[&str]) -> Vec<String> {
    let head = signature(chunk, "");
    let Some(rest) = head.strip_prefix("pub ") else { return implementation(&head, chunk) };
    let name = |kind: &str| {
        let after = rest.strip_prefix(kind)?.trim_start();
        after.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned)
    };
    if rest.starts_with("use ") {
        let foreign = rest.starts_with("use countersign_");
        return if foreign { vec![rest.to_owned()] } else { Vec::new() };
    }
    if rest.starts_with("mod ") {
        return vec![rest.to_owned()];
    }
    let mut found = vec![hide_private_fields(rest)];
    if let Some(name) = name("struct ") {
        let fields =
            members(chunk).into_iter().filter_map(|field| Some(field.strip_prefix("pub ")?.to_owned()));
        found.extend(fields.map(|field| format!("field {name}.{}", field.trim_end_matches(','))));
    } else if let Some(name) = name("enum ") {
        let variants = members(chunk).into_iter();
        found.extend(variants.map(|variant| format!("variant {name}::{}", variant.trim_end_matches(','))));
    } else if let Some(name) = name("trait ") {
        found.extend(members(chunk).into_iter().map(|member| qualified(&member, &name)));
    }
    found
}

/// The public members of an implementation; of a trait's the head alone.
fn implementation(head: &str, chunk: &[&str]) -> Vec<String> {
    if head.contains(" for ") {
        return vec![head.to_owned()];
    }
    let after = head.strip_prefix("impl").unwrap_or(head);
    let name = after.trim_start_matches(|c| c != ' ').trim();
    let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let public =
        members(chunk).into_iter().filter_map(|member| Some(member.strip_prefix("pub ")?.to_owned()));
    public.map(|member| qualified(&member, &name)).collect()
}

/// `fn name(...)` as `fn Type::name(...)`, whatever qualifies the function.
fn qualified(member: &str, name: &str) -> String {
    for kind in ["fn ", "const ", "type "] {
        let starts = member.starts_with(kind) || member.contains(&format!(" {kind}"));
        let constant_function = kind == "const " && member.contains("const fn ");
        if let (true, false, Some((before, after))) = (starts, constant_function, member.split_once(kind)) {
            return format!("{before}{kind}{name}::{after}");
        }
    }
    format!("{name}: {member}")
}

/// The members of an item: what begins four spaces in, without documentation, attributes and bodies.
fn members(chunk: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let body = chunk.iter().position(|line| line.ends_with('{')).unwrap_or(chunk.len());
    for (at, line) in chunk.iter().enumerate().skip(body + 1) {
        let Some(member) = line.strip_prefix("    ") else { continue };
        let begins = member.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let continues = member.starts_with("where") || member.starts_with("Self:");
        if begins && !continues {
            found.push(signature(chunk.get(at..).unwrap_or_default(), "    "));
        }
    }
    found
}

/// A declaration in one line, up to its body. Fields of a variant belong to it.
fn signature(lines: &[&str], indent: &str) -> String {
    let mut joined = String::new();
    let mut is_variant = false;
    for (at, line) in lines.iter().enumerate() {
        let text = line.trim();
        if text.starts_with("//") || text.starts_with("#[") {
            continue;
        }
        if at == 0 {
            is_variant = !indent.is_empty() && text.ends_with(" {") && text.starts_with(char::is_uppercase);
        }
        let tight = joined.is_empty() || joined.ends_with(['(', '<']) || text.starts_with([')', '>']);
        joined.push_str(if tight { "" } else { " " });
        joined.push_str(text);
        let level = line.len() - line.trim_start().len() == indent.len();
        let over = text.ends_with(';') || text == "{" || (text.ends_with(" {") && !is_variant);
        let closed = level && (text.ends_with(',') || text.ends_with('}'));
        if over || closed || (at == 0 && text.ends_with(',')) {
            break;
        }
    }
    let body = joined.find(" {").filter(|_| !is_variant && joined.contains("fn "));
    let bare = body.and_then(|at| joined.get(..at)).unwrap_or(&joined);
    let bare = bare.trim_end_matches([';', '{', ' ']);
    bare.replace(",)", ")").replace(", )", ")").replace(",>", ">")
}

/// `struct Name(String)` tells what it holds to nobody else.
fn hide_private_fields(item: &str) -> String {
    match item.split_once('(') {
        Some((head, fields)) if item.starts_with("struct ") && !fields.starts_with("pub ") => {
            format!("{head}(..)")
        }
        _ => item.to_owned(),
    }
}

#[cfg(test)]
mod tests;
