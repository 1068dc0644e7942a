//! Approving and rejecting in the text of a policy: what is written, and that nothing else changes.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::model::{Row, Socket};
use crate::text;

const EXES: [&str; 3] = ["nginx", "nc", "caddy"];

/// Listeners of every kind: on two ports, bound to four scopes, of several owners and two users.
fn universe() -> &'static (Table, Moment) {
    static UNIVERSE: OnceLock<(Table, Moment)> = OnceLock::new();
    UNIVERSE.get_or_init(|| {
        let mut script = String::from("[host]\nboot_id = \"b\"\n[users]\n0 = \"root\"\n33 = \"www-data\"\n");
        for (at, exe) in EXES.iter().enumerate() {
            let pid = at + 10;
            text::push(
                &mut script,
                format_args!("[process.{exe}]\npid = {pid}\ncomm = \"{exe}\"\nexe = \"/bin/{exe}\"\n"),
            );
        }
        script += "[process.shy]\npid = 20\ncomm = \"shy\"\n";
        let mut names = Vec::new();
        for port in [80, 81] {
            for local in ["127.0.0.1", "169.254.1.1", "192.168.1.2", "0.0.0.0"] {
                for owners in ["'nginx:3'", "'nc:3'", "'caddy:3'", "'nginx:3', 'nc:3'", "'shy:3'"] {
                    for uid in [0, 33] {
                        let at = names.len() + 1;
                        let socket = format!(
                            "[socket.s{at}]\ncookie = {at}\nprotocol = 'tcp'\nstate = 'listen'\n\
                             local = '{local}:{port}'\ninode = {at}\nuid = {uid}\nowners = [{owners}]\n"
                        );
                        script.push_str(&socket);
                        names.push(format!("'s{at}'"));
                    }
                }
            }
        }
        text::push(&mut script, format_args!("[[sample]]\nat = 0\nsockets = [{}]\n", names.join(", ")));
        let scenario = Scenario::parse(&script).unwrap();
        let mut sampler = Sampler::new(Box::new(scenario), everything(), OwnerAsk::NOTHING);
        let table = Table::of(sampler.take().unwrap());
        let moment = table.moment().unwrap().clone();
        (table, moment)
    })
}

/// The listener of that place, owner and user.
fn listener(local: &str, exe: &str, uid: u32) -> &'static Socket {
    let (table, _) = universe();
    let is_it = |socket: &Socket| {
        let known = socket.owners.known().unwrap();
        socket.ends.local().unwrap().to_string() == local
            && known.count() == 1
            && known.first().process.comm.as_bytes() == exe.as_bytes()
            && socket.uid.unwrap().0 == uid
    };
    table.open().map(|row| &row.socket).find(|socket| is_it(socket)).expect("it is in the universe")
}

enum Wish {
    Approve,
    Reject,
}

fn edit(text: &str, socket: &Socket, wish: &Wish) -> Result<Edit, EditError> {
    let policy = parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let draft = Draft { text: Some(text), policy: &policy, parse: &parse };
    match wish {
        Wish::Approve => draft.approve(socket, &universe().1),
        Wish::Reject => draft.reject(socket, &universe().1),
    }
}

/// What changes: `12 does` and the lines that go and come.
fn shown(edit: &Edit) -> String {
    let part = |part: &Part| {
        let removed = part.removed.iter().map(|line| format!("- {line}\n"));
        let added = part.added.iter().map(|line| format!("+ {line}\n"));
        format!("{} {}\n{}", part.line, part.does, removed.chain(added).collect::<String>())
    };
    edit.parts.iter().map(part).collect()
}

const WEB: &str = "version = 1 # one\n\n# the web server\n[[expect]]   # odd\nprotocol = 'tcp'\nport = 80\n\
    scope = \"loopback\" # for now\nexe = '/bin/nginx'\nuser = \"root\"\n";

#[test]
fn an_entry_that_is_only_too_narrow_is_changed_in_place() {
    let list = WEB.replace("'/bin/nginx'", "[\n  '/bin/nginx', # the server\n]");
    let empty_handed = WEB.replace("\nuser = \"root\"", "");
    for (text, socket, says) in [
        (
            WEB,
            listener("0.0.0.0:80", "nginx", 0),
            "7 the entry of line 4 accepts any, before loopback\n\
             - scope = \"loopback\" # for now\n+ scope = \"any\" # for now\n",
        ),
        (
            &empty_handed,
            listener("0.0.0.0:80", "nginx", 33),
            "7 the entry of line 4 accepts any, before loopback\n\
             - scope = \"loopback\" # for now\n+ scope = \"any\" # for now\n",
        ),
        (
            WEB,
            listener("127.0.0.1:80", "nc", 0),
            "8 the entry of line 4 accepts /bin/nc too\n\
             - exe = '/bin/nginx'\n+ exe = ['/bin/nginx', \"/bin/nc\"]\n",
        ),
        (
            &list,
            listener("127.0.0.1:80", "nc", 0),
            "9 the entry of line 4 accepts /bin/nc too\n\
             -   '/bin/nginx', # the server\n+   '/bin/nginx', \"/bin/nc\", # the server\n",
        ),
        (
            WEB,
            listener("127.0.0.1:80", "nginx", 33),
            "9 the entry of line 4 accepts the user www-data too\n\
             - user = \"root\"\n+ user = [\"root\", \"www-data\"]\n",
        ),
    ] {
        let edit = edit(text, socket, &Wish::Approve).unwrap();
        assert_eq!(shown(&edit), says, "{}", edit.text);
        let (removed, added) = (edit.parts[0].removed.join("\n"), edit.parts[0].added.join("\n"));
        assert_eq!(edit.text, text.replacen(&removed, &added, 1));
    }
}

#[test]
fn what_would_admit_others_gets_an_entry_of_its_own() {
    let anybody = WEB.replace("exe = '/bin/nginx'\n", "");
    let users = WEB.replace("\"root\"", "[\"root\", \"alice\"]");
    let servers = WEB.replace("'/bin/nginx'", "['/bin/nginx', '/bin/nc']");
    let range = WEB.replace("port = 80", "port = \"80-81\"");
    let wide = WEB.replace("loopback", "any");
    for (text, socket) in [
        (WEB, listener("127.0.0.1:81", "nginx", 0)),    // another port
        (WEB, listener("0.0.0.0:80", "nginx", 33)),     // wider, and another user
        (WEB, listener("0.0.0.0:80", "nc", 0)),         // wider, and another program
        (&anybody, listener("0.0.0.0:80", "nginx", 0)), // the entry is about any program
        (&anybody, listener("127.0.0.1:80", "nginx", 33)),
        (&users, listener("0.0.0.0:80", "nginx", 0)), // alice would come along
        (&servers, listener("0.0.0.0:80", "nginx", 0)), // nc would
        (&range, listener("0.0.0.0:80", "nginx", 0)), // port 81 would
        (&wide, listener("127.0.0.1:80", "nc", 0)),   // nc on every address would
    ] {
        let edit = edit(text, socket, &Wish::Approve).unwrap();
        let added = edit.text.strip_prefix(text).unwrap_or_else(|| panic!("changed:\n{}", edit.text));
        assert!(added.starts_with("\n[[expect]]\nprotocol = \"tcp\"\nport = "), "{added}");
        assert!(added.ends_with("note = \"approved 1970-01-01\"\n"), "{added}");
        assert_eq!(edit.parts[0].added.join("\n"), added.trim());
        assert_eq!(edit.text.lines().nth(edit.parts[0].line - 1), Some("[[expect]]"));
    }
}

#[test]
fn an_entry_is_added_to_any_file_that_can_take_one() {
    let socket = listener("127.0.0.1:81", "nginx", 0);
    let moment = &universe().1;
    let empty = Policy::default();
    let fresh = Draft { text: None, policy: &empty, parse: &parse }.approve(socket, moment).unwrap();
    assert!(fresh.text.starts_with(HEADER), "{}", fresh.text);
    assert_eq!(edit("version = 1", socket, &Wish::Approve).unwrap().parts[0].line, 3);
    let windows = edit("version = 1\r\n", socket, &Wish::Approve).unwrap().text;
    assert!(windows.ends_with("\r\n") && !windows.replace("\r\n", "").contains('\n'), "{windows:?}");
    let inline = "version = 1\nexpect = [{ protocol = 'tcp', port = 80, scope = 'any' }]\n";
    assert_eq!(edit(inline, socket, &Wish::Approve), Err(EditError::Inline));
    assert_eq!(edit(inline, listener("127.0.0.1:80", "nc", 0), &Wish::Reject), Err(EditError::Inline));
    assert_eq!(
        edit(WEB, listener("127.0.0.1:80", "nginx", 0), &Wish::Approve),
        Err(EditError::Expected { line: 4 })
    );
    // Whose it is cannot be seen: the entry says that it is anybody's.
    let unseen = edit("version = 1\n", listener("127.0.0.1:80", "shy", 0), &Wish::Approve).unwrap();
    assert!(unseen.parts[0].does.contains("could not be seen") && !unseen.text.contains("exe"), "{unseen:?}");
}

#[test]
fn a_rejected_listener_loses_its_entry_or_its_place_in_one() {
    let twice = format!(
        "{WEB}\n# free\n\n# about this one\n[[expect]]\nprotocol = 'tcp'\nport = 80\nscope = 'any'\n"
    );
    let list = WEB.replace("'/bin/nginx'", "['/bin/nginx', '/bin/nc']");
    let nginx = listener("127.0.0.1:80", "nginx", 0);
    for (text, socket, says, left) in [
        (
            WEB,
            nginx,
            "3 the entry of line 4 is taken out\n- # the web server\n- [[expect]]   # odd\n- protocol = 'tcp'\n\
             - port = 80\n- scope = \"loopback\" # for now\n- exe = '/bin/nginx'\n- user = \"root\"\n",
            "version = 1 # one\n".to_owned(),
        ),
        (
            &list,
            nginx,
            "8 the entry of line 4 accepts /bin/nginx no more\n\
             - exe = ['/bin/nginx', '/bin/nc']\n+ exe = ['/bin/nc']\n",
            list.replace("'/bin/nginx', ", ""),
        ),
        (
            &list,
            listener("127.0.0.1:80", "nc", 0),
            "8 the entry of line 4 accepts /bin/nc no more\n\
             - exe = ['/bin/nginx', '/bin/nc']\n+ exe = ['/bin/nginx']\n",
            list.replace(", '/bin/nc'", ""),
        ),
        (
            &twice,
            listener("127.0.0.1:80", "nc", 0),
            "13 the entry of line 14 is taken out\n- # about this one\n- [[expect]]\n- protocol = 'tcp'\n\
             - port = 80\n- scope = 'any'\n",
            format!("{WEB}\n# free\n"),
        ),
    ] {
        let edit = edit(text, socket, &Wish::Reject).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(shown(&edit), says);
        assert_eq!(edit.text, left);
    }
    // Two entries cover it: both go.
    assert_eq!(edit(&twice, nginx, &Wish::Reject).unwrap().text, "version = 1 # one\n\n# free\n");
}

#[test]
fn names_leave_lists_and_their_layout_stays() {
    let lines =
        WEB.replace("'/bin/nginx'", "[\n  '/bin/nc', # not nice\n  '/bin/nginx',\n  '/bin/caddy',\n]");
    let numbers = WEB.replace("\"root\"", "[\"0\", \"alice\", \"root\"]");
    let nginx = listener("127.0.0.1:80", "nginx", 0);
    for (text, socket, says, left) in [
        (
            &lines,
            nginx,
            "8 the entry of line 4 accepts /bin/nginx no more\n\
             - exe = [\n-   '/bin/nc', # not nice\n-   '/bin/nginx',\n-   '/bin/caddy',\n- ]\n\
             + exe = [\n+   '/bin/nc', # not nice\n+   '/bin/caddy',\n+ ]\n",
            lines.replace("  '/bin/nginx',\n", ""),
        ),
        (
            &lines,
            listener("127.0.0.1:80", "nc", 0),
            "8 the entry of line 4 accepts /bin/nc no more\n\
             - exe = [\n-   '/bin/nc', # not nice\n-   '/bin/nginx',\n-   '/bin/caddy',\n- ]\n\
             + exe = [\n+   # not nice\n+   '/bin/nginx',\n+   '/bin/caddy',\n+ ]\n",
            lines.replace("'/bin/nc', ", ""),
        ),
        (
            &numbers,
            nginx,
            "9 the entry of line 4 accepts 0 and root no more\n\
             - user = [\"0\", \"alice\", \"root\"]\n+ user = [\"alice\"]\n",
            numbers.replace("\"0\", ", "").replace(", \"root\"", ""),
        ),
    ] {
        let edit = edit(text, socket, &Wish::Reject).unwrap();
        assert_eq!((shown(&edit).as_str(), edit.text), (says, left));
    }
}

#[test]
fn comments_that_may_be_about_more_stay() {
    let entry = |port: u16| format!("[[expect]]\nprotocol = 'tcp'\nport = {port}\nscope = 'any'\n");
    let (first, second) = (entry(80), entry(81));
    for (text, left) in [
        // Right below something else.
        (format!("version = 1\n# all\n{first}"), "version = 1\n# all\n".to_owned()),
        (format!("version = 1\n\n{second}# next\n{first}"), format!("version = 1\n\n{second}# next\n")),
        // Not right above it.
        (format!("version = 1\n\n# all\n\n{first}"), "version = 1\n\n# all\n".to_owned()),
        // After it.
        (format!("version = 1\n\n{first}# next\n{second}"), format!("version = 1\n\n# next\n{second}")),
        (format!("version = 1\n\n# a\n# b\n{first}\n# c\n{second}"), format!("version = 1\n\n# c\n{second}")),
    ] {
        let edit = edit(&text, listener("0.0.0.0:80", "nc", 0), &Wish::Reject).unwrap();
        assert_eq!(edit.text, left, "of\n{text}");
    }
}

#[test]
fn an_entry_about_more_is_left_to_people() {
    let combined = WEB
        .replace("'/bin/nginx'", "['/bin/nginx', '/bin/nc']")
        .replace("\"root\"", "[\"root\", \"www-data\"]");
    let nginx = listener("127.0.0.1:80", "nginx", 0);
    for (text, says) in [
        (
            WEB.replace("port = 80", "port = 'any'"),
            "every port; to reject it, name the ports that are fine there",
        ),
        (WEB.replace("port = 80", "port = '79-90'"), "leave 80 out of its ports: 79 and \"81-90\" there"),
        (WEB.replace("port = 80", "port = '80-81'"), "leave 80 out of its ports: 81 there"),
        (combined, "several a exe and a user"),
        // One that covers it alone does not help while another stands.
        (
            format!("{WEB}\n[[expect]]\nprotocol = 'tcp'\nport = 'any'\nscope = 'any'\n"),
            "the entry of line 11",
        ),
    ] {
        let error = edit(&text, nginx, &Wish::Reject).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(edit(WEB, listener("0.0.0.0:80", "nc", 0), &Wish::Reject), Err(EditError::NotExpected));
}

/// An entry as somebody may have written it, its comments as `#@`, to be numbered.
fn entry_text() -> impl Strategy<Value = String> {
    let name = |names: &'static [&'static str]| prop::sample::subsequence(names, 0..=2);
    let layout = || prop::sample::select(vec!["'", "[ ", "[\n  ", "[ #@\n "]);
    let list = |key: &'static str, (names, open): (Vec<&str>, &str)| match (names.as_slice(), open) {
        ([], _) => String::new(),
        ([one], "'") => format!("{key} = '{one}' #@\n"),
        (names, "'") => format!("{key} = ['{}']\n", names.join("', '")),
        (names, open) => format!("{key} = {open}'{}', #@\n] #@\n", names.join("', #@\n'")),
    };
    let value = prop::sample::select(vec!["80", "81", "'80-81'", "'any'"]);
    let scope = prop::sample::select(vec!["loopback", "link", "private", "public", "any"]);
    let around = prop::sample::select(vec!["", "\n", "#@\n", "\n#@\n", "\n#@\n\n", "\n#@\n#@\n"]);
    let exe = (name(&["/bin/nginx", "/bin/nc", "/bin/caddy"]), layout());
    let user = (name(&["root", "33", "alice"]), layout());
    (value, scope, exe, user, around).prop_map(move |(port, scope, exe, user, around)| {
        let (exe, user) = (list("exe", exe), list("user", user));
        format!("{around}[[expect]] #@\nprotocol = 'tcp'\n{user}port = {port}\nscope = '{scope}' #@\n{exe}")
    })
}

fn policy_text() -> impl Strategy<Value = String> {
    let rule = "\n[[rule]]\nname = 'r' #@\nwhen = 'listening and port = 1'\n";
    (prop::collection::vec(entry_text(), 0..4), prop::sample::select(vec!["", rule])).prop_map(
        |(all, rule)| {
            let text = format!("#@\nversion = 1\n{}{rule}", all.concat());
            let mut parts = text.split("#@");
            let first = parts.next().unwrap_or_default().to_owned();
            (0..).zip(parts).fold(first, |text, (at, part)| format!("{text}# comment {at}.{part}"))
        },
    )
}

fn comments(text: &str) -> Vec<&str> {
    text.split("# ").skip(1).map(|rest| rest.split_inclusive('.').next().unwrap_or_default()).collect()
}

fn expected<'a>(policy: &'a Policy, row: &Row) -> Option<&'a Expectation> {
    match policy.judge(&row.socket, &universe().1.names) {
        Verdict::Expected(entry) => Some(entry),
        _ => None,
    }
}

fn names_user(entry: &Expectation) -> bool {
    entry.matchers.iter().any(|matcher| matches!(matcher, Matcher::User(_)))
}

proptest! {
    #[test]
    fn approving_admits_the_listener_and_nobody_else(text in policy_text(), pick in any::<prop::sample::Index>()) {
        let (table, moment) = universe();
        let before = parse(&text).unwrap();
        let chosen = &table.rows()[pick.index(table.rows().len())];
        let lesson = learn::Lesson::of(&chosen.socket, moment, None).unwrap();
        let edit = match edit(&text, &chosen.socket, &Wish::Approve) {
            Err(EditError::Expected { .. }) => return Ok(()),
            edit => edit.unwrap(),
        };
        prop_assert_eq!(comments(&edit.text), comments(&text));
        let after = parse(&edit.text).unwrap();
        prop_assert!(expected(&after, chosen).is_some());
        for row in table.rows() {
            let Some(entry) = expected(&after, row) else {
                prop_assert!(expected(&before, row).is_none(), "nobody is shut out:\n{}", edit.text);
                continue;
            };
            if expected(&before, row).is_some() {
                continue;
            }
            let other = learn::Lesson::of(&row.socket, moment, None).unwrap();
            prop_assert_eq!((other.protocol, other.port), (lesson.protocol, lesson.port));
            prop_assert!(other.scope <= lesson.scope, "{:?} through\n{}", other, edit.text);
            prop_assert!(other.user == lesson.user || !names_user(entry), "{:?} through\n{}", other, edit.text);
            let alike = lesson.exes.is_empty() || !other.exes.is_disjoint(&lesson.exes);
            prop_assert!(alike, "{:?} through\n{}", other, edit.text);
        }
    }

    #[test]
    fn rejecting_takes_back_what_is_said_and_no_more(text in policy_text(), pick in any::<prop::sample::Index>()) {
        let (table, moment) = universe();
        let before = parse(&text).unwrap();
        let chosen = &table.rows()[pick.index(table.rows().len())];
        let Ok(edit) = edit(&text, &chosen.socket, &Wish::Reject) else { return Ok(()) };
        let after = parse(&edit.text).unwrap();
        prop_assert!(expected(&after, chosen).is_none());
        let lesson = learn::Lesson::of(&chosen.socket, moment, None).unwrap();
        for row in table.rows() {
            let other = learn::Lesson::of(&row.socket, moment, None).unwrap();
            let (was, is) = (expected(&before, row).is_some(), expected(&after, row).is_some());
            prop_assert!(was || !is, "nobody is let in:\n{}", edit.text);
            prop_assert!(was == is || other.port == lesson.port, "{:?} is shut out:\n{}", other, edit.text);
        }
        // Every comment is there still, or was shown among the lines that go.
        let shown: Vec<&String> = edit.parts.iter().flat_map(|part| &part.removed).collect();
        let mut rest = comments(&edit.text).into_iter().peekable();
        for comment in comments(&text) {
            let stays = rest.next_if_eq(&comment).is_some();
            prop_assert!(stays || shown.iter().any(|line| line.contains(comment)), "{} went:\n{}", comment, edit.text);
        }
        prop_assert!(rest.next().is_none());
    }
}
