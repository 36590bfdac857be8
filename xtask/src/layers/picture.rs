//! The picture of the tower in `docs/architecture.md`.

use std::fmt::Write as _;

use super::rules::Package;
use super::{BESIDE, FLOORS, STARRED, STARRED_SEE};

const BEGIN: &str = "<!-- layers:begin -->";
const END: &str = "<!-- layers:end -->";

/// Draws the rooms that exist, and names those that have a floor only.
pub(super) fn draw(packages: &[Package]) -> String {
    let built = |room: &str| packages.iter().any(|package| package.room == room);
    let mut text = String::from("```text\n");
    let mut to_come = Vec::new();
    for floor in &FLOORS {
        let rooms: Vec<_> = floor.rooms.iter().filter(|room| built(room)).map(|room| starred(room)).collect();
        to_come.extend(floor.rooms.iter().filter(|room| !built(room)).map(|room| (*room, floor.number)));
        let _ = writeln!(text, "{:>2}  {:<68}{}", floor.number, rooms.join("  "), floor.is);
    }
    let beside: Vec<_> = BESIDE.iter().map(|place| place.room).filter(|room| built(room)).collect();
    let _ = writeln!(text, "    beside the tower: {}", beside.join("  "));
    let _ = writeln!(text, " *  sees floors 0 to {STARRED_SEE}; only server and tests name it");
    text.push_str("```\n");
    if !to_come.is_empty() {
        let rooms: Vec<_> = to_come.iter().map(|(room, floor)| format!("`{room}` ({floor})")).collect();
        let _ = writeln!(text, "\nRooms that have a floor and are not built yet: {}.", rooms.join(", "));
    }
    text
}

/// Puts the picture between its markers.
pub(super) fn redraw(document: &str, picture: &str) -> Result<String, String> {
    let missing = || format!("docs/architecture.md lacks the markers {BEGIN} and {END}");
    let (before, rest) = document.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!("{before}{BEGIN}\n{picture}{END}{after}"))
}

fn starred(room: &str) -> String {
    if STARRED.contains(&room) { format!("{room}*") } else { room.to_owned() }
}
