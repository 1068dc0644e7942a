//! CPU time and memory of the processes that hold sockets: read of this process, when somebody asks.

use std::net::TcpListener;

use sockeye::engine::{OwnerAsk, OwnerChoice, Sampler};
use sockeye::model::{Ask, Pid, Sample};
use sockeye::owner::Facts;
use sockeye::source::everything;
use sockeye::source::netlink::Netlink;

fn of_this_process(sample: &Sample) -> Vec<u64> {
    let own = |(id, usage): (&sockeye::model::ProcessId, &Result<sockeye::model::Usage, _>)| {
        (id.pid == Pid(std::process::id())).then(|| usage.unwrap().resident)
    };
    sample.usages.iter().filter_map(own).collect()
}

#[test]
fn holders_of_sockets_tell_what_they_use_when_they_are_asked() {
    let _listener = TcpListener::bind("127.83.1.1:0").unwrap();
    for choice in [OwnerChoice::Proc, OwnerChoice::Auto] {
        let owners = OwnerAsk { choice, facts: Facts::Names, live: true, by_bpf: false };
        let mut sampler = Sampler::new(Box::new(Netlink::with_fallback(Ask::NOTHING)), everything(), owners);
        assert!(sampler.take().unwrap().usages.is_empty(), "nobody asked");
        sampler.ask(Ask { usage: true, ..Ask::NOTHING });
        let used = of_this_process(&sampler.take().unwrap());
        assert!(matches!(used[..], [resident] if resident > 100_000), "{used:?}");
        sampler.ask(Ask::EVERYTHING);
        assert!(sampler.take().unwrap().usages.is_empty(), "one document tells no shares of time");
    }
}
