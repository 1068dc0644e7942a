//! Everything known of one socket, as lines.

use ratatui::text::{Line, Span};

use crate::model::field::{FIELDS, Field, OBJECTS, Object};
use crate::model::{NoOwner, Owner, Row, SliceStatus, Value, Workload};
use crate::{phrase, text};

use super::app::{App, Inspected};
use super::cell::{self, Seen};
use super::theme::{Look, Meaning};
use super::{acting, approving, describe, judged, standing, wrap};

/// Cells for the names of fields, and for the longer ones of objects where there is room.
const NAME: usize = 18;
const LONG_NAME: usize = 30;
/// Cells for a value, when its explanation stands beside it.
const VALUE: usize = 36;
/// Cells for the present number of a trend, and for its largest.
const NOW: usize = 12;
const LARGEST: usize = 18;
/// How many processes at the other end are named.
const PEERS: usize = 4;
/// How many rules that pass on what comes are told.
const RULES: usize = 8;

/// The lines of the pane, each at most `width` cells.
pub(super) fn lines(app: &App, inspected: &Inspected, width: u16) -> Vec<Line<'static>> {
    let row = &inspected.row;
    let Some(mut seen) = app.seen(row) else { return Vec::new() };
    seen.subject = seen.subject.facing(app.peer(row));
    let width = usize::from(width).saturating_sub(2);
    let mut page = Page { look: app.look, width, name: NAME, lines: Vec::new() };
    page.paragraph(&describe::sentence(&seen), Meaning::Text);
    if inspected.gone {
        page.paragraph("It is gone; this is how it was last seen.", Meaning::Closed);
    }
    page.section("Alert", &standing::reported(app, inspected));
    page.diagnosis(app, inspected);
    page.policy(app, row);
    page.trends(inspected);
    page.blank();
    page.owners(row, &seen);
    page.hint(&acting::hint(app, row, false));
    page.other_end(&seen);
    page.passed_on(&seen, app.moment().and_then(|moment| moment.coverage.published.as_ref()));
    page.blank();
    page.heading("Fields");
    for field in FIELDS {
        let value = (field.extract)(&seen.subject);
        if is_told_above(field, &value) {
            continue;
        }
        if let Some(text) = cell::value_text(&value, &seen) {
            page.field(&field.key.replace('_', " "), &text, field.help);
        }
    }
    page.name = if width >= 2 * LONG_NAME + VALUE { LONG_NAME } else { NAME };
    for object in OBJECTS {
        page.object(object, &seen);
    }
    page.name = NAME;
    if row.history().opened.is_none() {
        page.field("opened", "before sockeye looked for the first time", "");
    }
    page.lines
}

/// True for what stands above the fields, in full.
fn is_told_above(field: &Field, value: &Value<'_>) -> bool {
    use Value::{Owner, OwnerList, PeerOwners, PublishedPorts};
    let of_owners = matches!(value, Owner(_) | OwnerList(_) | PeerOwners(_) | PublishedPorts(_));
    of_owners || matches!(field.key, "pid" | "comm")
}

struct Page {
    look: Look,
    width: usize,
    /// Cells for names.
    name: usize,
    lines: Vec<Line<'static>>,
}

impl Page {
    fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    fn paragraph(&mut self, text: &str, meaning: Meaning) {
        let style = self.look.style(meaning);
        self.lines.extend(wrap::wrap(text, self.width).into_iter().map(|line| Line::styled(line, style)));
    }

    /// A paragraph under a heading.
    fn item(&mut self, text: &str, meaning: Meaning) {
        let style = self.look.style(meaning);
        let lines = wrap::wrap(text, self.width.saturating_sub(2));
        self.lines.extend(lines.into_iter().map(|line| Line::styled(format!("  {line}"), style)));
    }

    /// What the policy says of it, and the key that changes that.
    fn policy(&mut self, app: &App, row: &Row) {
        let mut said = standing::told(app, row);
        let hint = approving::hint(app);
        if !said.is_empty() && !hint.is_empty() {
            said.push((hint, Meaning::Key));
        }
        self.section("Policy", &said);
    }

    /// What keys do; nothing where there are none.
    fn hint(&mut self, text: &str) {
        if !text.is_empty() {
            self.item(text, Meaning::Key);
        }
    }

    fn heading(&mut self, text: &str) {
        self.lines.push(Line::styled(text.to_owned(), self.look.style(Meaning::Heading)));
    }

    /// The fields of an object that have a value, under its name.
    fn object(&mut self, object: &Object, seen: &Seen<'_>) {
        let mut heading = Some(object.title);
        for field in object.fields {
            let value = (field.extract)(&seen.subject);
            let Some(text) = cell::value_text(&value, seen) else { continue };
            if let Some(title) = heading.take() {
                self.blank();
                self.heading(title);
            }
            self.field(&field.member.replace('_', " "), &text, field.help);
        }
    }

    /// A heading and what stands under it, where there is anything.
    fn section(&mut self, heading: &str, items: &[(String, Meaning)]) {
        if !items.is_empty() {
            self.blank();
            self.heading(heading);
        }
        for (item, meaning) in items {
            self.item(item, *meaning);
        }
    }

    /// What is unusual about it, the worst first, and what could not be judged.
    fn diagnosis(&mut self, app: &App, inspected: &Inspected) {
        let row = &inspected.row;
        let judged = (!inspected.gone && row.is_open()).then_some(row);
        let Some(told) = judged.and_then(|row| judged::diagnosis(app, row, inspected.trend.earlier())) else {
            return;
        };
        self.blank();
        self.heading("Diagnosis");
        match (told.findings.is_empty(), told.unjudged.is_empty()) {
            (true, true) => self.item("nothing unusual", Meaning::Good),
            (true, false) => self.item("nothing unusual in what is known", Meaning::Text),
            (false, _) => {}
        }
        for finding in &told.findings {
            self.item(&judged::line(finding, &self.look), judged::meaning(finding.severity));
        }
        for lacking in told.unjudged {
            self.item(&format!("not judged: {lacking}"), Meaning::Muted);
        }
    }

    /// How it did lately, with the numbers of now; on a wide screen with the largest.
    fn trends(&mut self, inspected: &Inspected) {
        let series = inspected.trend.series(&inspected.row.socket);
        if series.is_empty() {
            return;
        }
        self.blank();
        self.heading("Trends");
        for one in series {
            let now = one.now(&self.look);
            let now = now.unwrap_or_else(|| self.look.symbols.none.to_owned());
            let room = self.width.saturating_sub(NAME + NOW);
            let (cells, most) = match room.checked_sub(LARGEST) {
                Some(cells) if cells >= LARGEST => {
                    (cells, format!("  up to {}", one.most(cells, &self.look)))
                }
                _ => (room, String::new()),
            };
            let column = NAME - 1;
            let muted = self.look.style(Meaning::Muted);
            self.lines.push(Line::from(vec![
                Span::styled(format!("{:<column$} ", format!("  {}", one.name)), muted),
                Span::raw(format!("{now:<NOW$}")),
                Span::styled(one.spark(cells, &self.look), self.look.style(Meaning::Key)),
                Span::styled(most, muted),
            ]));
        }
    }

    fn owners(&mut self, row: &Row, seen: &Seen<'_>) {
        let known = match row.socket.owners.found() {
            Ok(known) => known,
            Err(why) => {
                self.heading("Owner");
                let reason = cell::no_owner_reason(why, seen);
                match why {
                    NoOwner::Kernel => self.item(&reason, Meaning::Text),
                    _ => self.item(&format!("unknown: {reason}"), Meaning::Warning),
                }
                if let Some(workload) = seen.subject.workload() {
                    self.item("but it was made in", Meaning::Text);
                    self.workload(workload);
                }
                return;
            }
        };
        self.heading(&format!("Held by {}", text::counted(known.count(), "process", "processes")));
        for owner in known.shown() {
            self.owner(owner, seen);
        }
        match known.beyond() {
            0 => {}
            more => self.item(&format!("and {} more", text::count(more)), Meaning::Muted),
        }
    }

    /// Who holds the other end of the connection, where that is on this host.
    fn other_end(&mut self, seen: &Seen<'_>) {
        let Some(peer) = seen.subject.peer else { return };
        let text = match peer.socket.owners.found() {
            Ok(known) => {
                let shown = known
                    .shown()
                    .take(PEERS)
                    .map(|owner| phrase::process(owner.process, self.look.charset()));
                let names = shown.collect::<Vec<_>>().join(", ");
                match known.count().saturating_sub(PEERS) {
                    0 => names,
                    more => format!("{names} and {} more", text::count(more)),
                }
            }
            Err(why) => format!("unknown: {}", why.reason()),
        };
        self.named("  other end", &text);
    }

    /// That it does not get what comes from outside, and who does.
    fn passed_on(&mut self, seen: &Seen<'_>, read: Option<&SliceStatus>) {
        let socket = &seen.subject.row.socket;
        let Some(ports) = seen.subject.names.passed_on.get(&socket.key) else {
            let why = read.filter(|read| read.is_blind()).and_then(SliceStatus::reason);
            if let Some(why) = why.filter(|_| socket.is_listener() && socket.ends.local().is_some()) {
                self.item(&format!("whether a rule passes on what comes: not known, {why}"), Meaning::Muted);
            }
            return;
        };
        self.blank();
        self.heading("What comes from outside is passed on");
        for port in ports.iter().take(RULES) {
            self.item(&phrase::rule(port, self.look.charset()), Meaning::Warning);
        }
        match ports.len().saturating_sub(RULES) {
            0 => {}
            more => {
                self.item(&format!("and by {} more", text::counted(more, "rule", "rules")), Meaning::Muted);
            }
        }
    }

    fn owner(&mut self, owner: Owner<'_>, seen: &Seen<'_>) {
        let (process, charset) = (&owner.process, self.look.charset());
        let fds: Vec<_> = owner.fds.iter().map(|fd| fd.0.to_string()).collect();
        let name = phrase::process(process, charset);
        let user = process.uid.map_or_else(String::new, |uid| format!(", user {}", cell::user(uid, seen)));
        let noun = if fds.len() == 1 { "descriptor" } else { "descriptors" };
        self.item(&format!("{name}{user}, {noun} {}", fds.join(" ")), Meaning::Text);
        let exe = process.exe.as_ref();
        let exe = exe.map_or_else(|| "not readable".to_owned(), |exe| phrase::executable(exe, charset));
        self.named("    runs", &exe);
        if let Some(line) = phrase::command_line(process, charset) {
            self.named("    as", &line);
        }
        if let Some(workload) = &process.workload {
            self.workload(workload);
        }
        if let Some(published) = &process.publishes {
            self.named("    publishes", &phrase::published(published, charset));
        }
        let ancestors = phrase::ancestors(process, charset);
        if !ancestors.is_empty() {
            self.named("    started by", &ancestors.join(&format!(" {} ", self.look.symbols.from)));
        }
        if let Some(line) = phrase::login(process, seen.subject.names, charset) {
            self.named("    login", &line);
        }
        if let Some(started) = process.started {
            let age = seen.now.wall.duration_since(started);
            let age = text::span(age.unsigned_abs());
            self.named("    started", &format!("{started:.0}, {age} ago"));
        }
    }

    fn workload(&mut self, workload: &Workload) {
        for (what, name) in phrase::workload(workload, self.look.charset()) {
            self.named(&format!("    {what}"), &name);
        }
    }

    /// A name and a value that takes as many lines as it needs.
    fn named(&mut self, name: &str, value: &str) {
        let (room, cells) = (self.width.saturating_sub(self.name), self.name - 1);
        for (at, part) in wrap::wrap(value, room).into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            let name = text::elide(name, cells);
            let name = Span::styled(format!("{name:<cells$} "), self.look.style(Meaning::Muted));
            self.lines.push(Line::from(vec![name, Span::raw(part)]));
        }
    }

    /// A field, with its explanation where there is room.
    fn field(&mut self, name: &str, value: &str, help: &str) {
        let name = format!("  {name}");
        let cells = text::width(value);
        let column = self.name - 1;
        if cells > VALUE || self.width < self.name + VALUE + 2 + text::width(help) {
            self.named(&name, value);
            return;
        }
        let padding = " ".repeat(VALUE - cells + 2);
        let muted = self.look.style(Meaning::Muted);
        self.lines.push(Line::from(vec![
            Span::styled(format!("{:<column$} ", text::elide(&name, column)), muted),
            Span::raw(format!("{value}{padding}")),
            Span::styled(help.to_owned(), muted),
        ]));
    }
}
