//! What the manual says beside the options: exit codes, filters, examples. Every example is run by a test.

/// A paragraph, or something like it.
pub(super) enum Part {
    Text(&'static str),
    /// A word and what it means.
    Item(&'static str, &'static str),
    /// A command line, and what it is for.
    Example(&'static str, &'static str),
    /// Other pages: name and section.
    See(&'static [(&'static str, &'static str)]),
    /// Every setting, as it was declared.
    Settings,
}

use Part::{Example, Item, See, Settings, Text};

pub(super) const SECTIONS: &[(&str, &[Part])] = &[
    ("FILTER", FILTER),
    ("HOW SOCKETS END", ENDS),
    ("HOW HOLDERS END", KILLS),
    ("WAITING", WAITS),
    ("EXIT STATUS", EXIT_STATUS),
    ("SETTINGS", SETTINGS),
    ("FILES", FILES),
    ("ENVIRONMENT", ENVIRONMENT),
    ("EXAMPLES", EXAMPLES),
    ("SEE ALSO", &[See(&[("ss", "8"), ("netstat", "8"), ("lsof", "8"), ("ip-netns", "8"), ("proc", "5")])]),
];

const FILTER: &[Part] = &[
    Text(
        "Words that are left after the options are a filter. It is checked before anything is read: what is \
         misspelled is an error that shows the place, never an empty table.",
    ),
    Item("state NAME, exclude NAME", "A state, or one of all, connected, synchronized, bucket and big."),
    Item(
        "src HOST, dst HOST",
        "An address, ADDRESS/PREFIX, ADDRESS:PORT, [ADDRESS6]:PORT or *:PORT; or unix:PATTERN and its kind.",
    ),
    Item(
        "sport PORT, dport PORT",
        "A number or the name of a service, with =, !=, <, >, <= or >= before it.",
    ),
    Item("dev NAME, fwmark MARK, cgroup PATH, autobound", "As in ss."),
    Item(
        "FIELD = VALUE",
        "Any field of the JSON document, and port, addr, proc, pid, exe, cmdline, owner and user. Also !=, in \
         {A,B}, numbers with <, <=, >, >= and ranges such as 8000-8100, prefixes such as 10.0.0.0/8, and none \
         for what is unknown.",
    ),
    Item(
        "FIELD ~ TEXT",
        "A text in a text; with *, ? or [a-z] for the whole; between slashes a regular expression. !~ is its \
         opposite.",
    ),
    Item(
        "WORD",
        "A state, protocol, family, role or scope, or one of exposed, unowned, orphan, deleted and new. Any \
         other word is looked for in everything that is said of a socket.",
    ),
    Text(
        "Conditions are joined by and, or, or nothing, which means and. not takes the next one. After an or \
         nothing but another or may follow without parentheses.",
    ),
];

const ENDS: &[Part] = &[
    Text(
        "-E tells what the kernel says of each TCP and UDP socket that it destroys in the network namespace of \
         sockeye: its ends, and of TCP its last counts. Everybody is told. Owner, user and the state before are \
         known of sockets that were there when sockeye started; those of others are not told, and no filter on \
         these lets them pass. Received bytes are counted as the kernel does: the end of the other side's stream \
         is one of them. A connection of which TIME-WAIT is left is told as closed then. What is lost because too much closes at once is told on stderr.",
    ),
    Text(
        "-K closes TCP and UDP sockets as if they had met an error; it needs CAP_NET_ADMIN. As in ss, -l or -a \
         are needed for those that only listen or wait. It shows what passes and asks; without a terminal it \
         needs --yes. Each socket is named to the kernel by its cookie, so that no other one is ever closed. \
         Sockets that share an address are refused, because the kernel would take any of them. A listener, or a UDP \
         server, on a port of its choice keeps the address as long as its holder has it open.",
    ),
];

const KILLS: &[Part] = &[
    Text(
        "sockeye kill sends a signal to the processes that hold what is meant. One word each is a target, as for who; \
         words of which one has an operator or belongs to the filter language are a filter together. Who asks for a \
         port means those that wait there, and not whoever serves a connection; who asks for one of several processes \
         that share a socket does not mean the others.",
    ),
    Text(
        "It shows them, what else they hold, and who may start them again, and asks; without a terminal it needs \
         --yes. Each process is opened as a handle (pidfd_open(2)) and must then have the start time that was read, \
         and hold one of the sockets still; else nothing is sent. Pid 1, threads of the kernel and sockeye itself \
         never get a signal.",
    ),
    Text(
        "After TERM, KILL, INT and QUIT it waits for their ends, and reads again for half a second: a socket is \
         released; lingers, when only the kernel finishes it; is held still; its place is shared by a socket that was \
         there before, or held again by one that came since. Processes of others need root or CAP_KILL, which is in \
         force only while the signals are sent and given up then.",
    ),
    Text(
        "With --stop no signal is sent: the unit or the container of the holders is stopped, by systemctl stop, \
         systemctl --user stop, docker stop or podman stop, so that nothing starts them again. The program comes from \
         /usr/bin, /bin, /usr/sbin or /sbin and gets an environment of its own. A unit or a container of another user is \
         not touched, and a name that does not mean itself to every shell becomes no part of a command.",
    ),
    Text(
        "In the dashboard K, x and X do the same as kill, close and kill --stop, to what is selected: each shows what it \
         is about and asks, and tells what came of it. With --read-only, or the setting read_only, none of that is there. \
         A program that was installed setuid or with capabilities lends none of its rights to such acts.",
    ),
];

const WAITS: &[Part] = &[
    Text(
        "sockeye wait-for waits until a socket passes the filter, or --count of them at once, or with --gone none any \
         more; sockeye assert looks once. Both print what passes as a listing does, and with -q nothing. Where the \
         kernel tells what begins and ends, a reading follows at once; else with the interval. What comes and goes \
         between two readings is not waited for: sockeye events tells it.",
    ),
    Text(
        "That nothing passes has to be seen. A table that could not be read, or an owner who may not be known, is no \
         absence where it could make the difference: wait-for goes on looking until the time is over, and both end \
         with 3 and say why. A filter that names the protocol, such as tcp, needs no other table.",
    ),
];

const EXIT_STATUS: &[Part] = &[
    Item(
        "0",
        "Done. -q: some socket passes. wait-for, assert: as many sockets pass as are expected, or none. check: every listener is expected, and no rule holds. -K, close: all closed, or gone \
         before. kill: all got the signal; those that it should end ended, and nobody holds what they held. A closed pipe is success.",
    ),
    Item(
        "1",
        "-q: no socket passes. wait-for: the time is over. assert: it is not so. who, kill: nobody holds it. check: an unexpected listener, or a socket of which a rule holds. policy \
         diff: something is gone, different or unexpected.",
    ),
    Item(
        "2",
        "Wrong usage, an error, or a table that was asked for could not be read. -q: no socket that was seen \
         passes, and not everything could be seen. -K, close: not all could be closed, or the answer was no. kill: not all \
         of what 0 means, or the answer was no.",
    ),
    Item("3", "check, policy diff, wait-for, assert: too little could be seen to say."),
];

const SETTINGS: &[Part] = &[
    Text(
        "Arguments count more than environment variables, those more than the user's configuration file, and \
         that more than the one in /etc. sockeye config prints the file to begin with; sockeye config --explain \
         tells each value and where it came from.",
    ),
    Settings,
    Text(
        "The keys of the dashboard stand in the files below [keys], by the name of the action: \
         freeze = [\"z\", \"Ctrl-F\"], or unix = [] for none. sockeye config names every action with its keys.",
    ),
    Text(
        "Those for people count in the dashboard and on a terminal. Where the output goes into a file or a pipe, \
         is made for programs, such as --json, or is the verdict of check, watch or policy learn, they do not: \
         nobody's settings change what a script reads.",
    ),
];

const FILES: &[Part] = &[
    Item(
        "/etc/sockeye/config.toml",
        "Settings for everybody. Root reads no configuration that others may write.",
    ),
    Item(
        "~/.config/sockeye/config.toml",
        "Settings of the user; they count more. Under sudo that is root, and not who called it.",
    ),
    Item(
        "~/.local/state/sockeye/dashboard.toml",
        "How the dashboard was left, for its next run, and the views that were saved. Written when it is left and something was changed by hand, and \
         by nothing else; top --no-state, or the setting state, neither reads nor writes it. Under sudo it is that of root.",
    ),
    Item("/etc/sockeye/policy.toml", "What may listen: the policy of root."),
    Item(
        "~/.config/sockeye/policy.toml",
        "The policy of other users; it comes before that of root for them.",
    ),
];

const ENVIRONMENT: &[Part] = &[
    Item("NO_COLOR", "The dashboard has no colours when it is set and not empty."),
    Item(
        "SOCKEYE_CONFIG",
        "The one configuration file that is read, which must be there; set to nothing, none is read.",
    ),
    Item("SOCKEYE_SOURCE and its kind", "A variable for each setting, named with it under SETTINGS."),
    Item("XDG_CONFIG_HOME, XDG_STATE_HOME", "Stand for ~/.config and ~/.local/state."),
    Item(
        "DOCKER_HOST, XDG_RUNTIME_DIR",
        "Where --ask-runtimes looks for the sockets of Docker and Podman, too.",
    ),
];

const EXAMPLES: &[Part] = &[
    Example("sockeye -tulpn", "Who listens, as with ss:"),
    Example("sockeye -tan state established dst 10.0.0.0/8", "A filter of ss:"),
    Example("sockeye \'port in {80,443,8000-8100} and proc = nginx\'", "What ss cannot ask:"),
    Example(
        "sockeye exposed and not user = root",
        "Listeners that others can reach and that are not root's:",
    ),
    Example("sockeye --columns local,owner,unit --sort owner listening", "Chosen columns in a chosen order:"),
    Example("sockeye --format \'{pid} {local_port}\' listening tcp", "A line to order for each socket:"),
    Example("sockeye --csv tcp", "For a spreadsheet:"),
    Example(
        "sockeye --json --ask-runtimes",
        "Everything, for scripts; sockeye schema says what it looks like:",
    ),
    Example("sockeye kill --dry-run pid:812", "Who would get a signal, and what goes with it:"),
    Example("sockeye wait-for \'port=8080 listening\' --timeout 30s", "Go on when somebody listens there:"),
    Example("sockeye assert \'tcp listening and port = 22\'", "Fail unless somebody listens there:"),
    Example("sockeye metrics listening", "Listeners in numbers, for Prometheus:"),
    Example("sockeye doctor", "What this user can see on this host, what not, and what mends it:"),
    Example("sockeye policy learn --dry-run", "The policy that would expect what listens now:"),
];
