//! Paths as systemd and the container runtimes make them.

use super::*;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
const UID: &str = "2c48913c-b29f-11e7-9350-020968147796";
const UNDERSCORED: &str = "2c48913c_b29f_11e7_9350_020968147796";

/// What is told, on one line: what is known, each with its key.
fn told(path: &str) -> String {
    let Workload { unit, user_unit, session, user, container, pod } = workload(path.as_bytes());
    let text = |key: &str, value: Option<&SystemBytes>| {
        value.map(|value| format!("{key} {}", String::from_utf8_lossy(value.as_bytes())))
    };
    let container = container.map(|Container { id, runtime, name, .. }| {
        let id = String::from_utf8_lossy(id.as_bytes()).replace(ID, "ID").replace(OTHER, "OTHER");
        let name =
            name.map_or(String::new(), |name| format!(" {}", String::from_utf8_lossy(name.as_bytes())));
        format!("{} {id}{name}", runtime.word())
    });
    let pod =
        pod.map(|pod| format!("pod {}", String::from_utf8_lossy(pod.uid.as_bytes()).replace(UID, "UID")));
    let parts = [
        text("unit", unit.as_ref()),
        text("user-unit", user_unit.as_ref()),
        text("session", session.as_ref()),
        user.map(|user| format!("user {}", user.0)),
        container,
        pod,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn check(table: &[(&str, &str)]) {
    for (path, expected) in table {
        let path = path.replace("ID", ID).replace("OTHER", OTHER);
        let path = path.replace("U_D", UNDERSCORED).replace("U-D", UID);
        assert_eq!(told(&path), *expected, "{path}");
    }
}

#[test]
fn systemd() {
    check(&[
        ("/", ""),
        ("", ""),
        ("/init.scope", "unit init.scope"),
        ("/system.slice/nginx.service", "unit nginx.service"),
        ("/system.slice/nginx.service/workers", "unit nginx.service"),
        ("/system.slice/cups.socket", "unit cups.socket"),
        ("/system.slice/dbus.service (deleted)", "unit dbus.service"),
        ("/system.slice/system-getty.slice/getty@tty1.service", "unit getty@tty1.service"),
        (
            "/system.slice/system-ssh.slice/ssh@3-10.0.0.5:22-1.2.3.4:50112.service",
            "unit ssh@3-10.0.0.5:22-1.2.3.4:50112.service",
        ),
        (
            r"/system.slice/system-systemd\x2dfsck.slice/systemd-fsck@dev-disk-by\x2duuid-6A1B.service",
            r"unit systemd-fsck@dev-disk-by\x2duuid-6A1B.service",
        ),
        ("/system.slice/_cpu.service", "unit cpu.service"),
        (
            "/system.slice/system-postgresql.slice/postgresql@15-main.service",
            "unit postgresql@15-main.service",
        ),
        ("/user.slice/user-1000.slice/session-3.scope", "unit session-3.scope, session 3, user 1000"),
        ("/user.slice/user-0.slice/session-c1.scope", "unit session-c1.scope, session c1, user 0"),
        (
            "/user.slice/user-1000.slice/user@1000.service/init.scope",
            "unit user@1000.service, user-unit init.scope, user 1000",
        ),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-firefox-1234.scope",
            "unit user@1000.service, user-unit app-gnome-firefox-1234.scope, user 1000",
        ),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.mozilla.firefox-4242.scope",
            "unit user@1000.service, user-unit app-flatpak-org.mozilla.firefox-4242.scope, user 1000",
        ),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/snap.firefox.firefox-6dbc3b2b-6c3c-4a9e-9d30-2f1f6f3c9a10.scope",
            "unit user@1000.service, user-unit snap.firefox.firefox-6dbc3b2b-6c3c-4a9e-9d30-2f1f6f3c9a10.scope, user 1000",
        ),
        (
            "/user.slice/user-1000.slice/user@1000.service/session.slice/pipewire.service",
            "unit user@1000.service, user-unit pipewire.service, user 1000",
        ),
        ("/system.slice/snap.lxd.daemon.service", "unit snap.lxd.daemon.service"),
        ("/system.slice/run-u42.service", "unit run-u42.service"),
        (
            r"/machine.slice/machine-qemu\x2d1\x2ddebian.scope/libvirt/emulator",
            r"unit machine-qemu\x2d1\x2ddebian.scope",
        ),
        ("/process_api/f6880548d5c02dae530f01516c16dc2a", ""),
        ("/system.slice", ""),
        ("/system.slice/.service", ""),
        ("/user.slice/user-.slice/user-+1.slice", ""),
    ]);
}

#[test]
fn docker_and_podman() {
    check(&[
        ("/docker/ID", "docker ID"),
        ("/system.slice/docker-ID.scope", "docker ID"),
        ("/system.slice/docker-ID.scope/init.scope", "unit init.scope, docker ID"),
        ("/system.slice/docker-ID.scope/system.slice/nginx.service", "unit nginx.service, docker ID"),
        ("/docker/OTHER/docker/ID", "docker ID"),
        ("/docker/OTHER/system.slice/docker.service/docker/ID", "unit docker.service, docker ID"),
        ("/../ID", "unknown ID"),
        ("/../../system.slice/docker-ID.scope", "docker ID"),
        ("/actions_job/ID", "unknown ID"),
        ("/system.slice:docker:ID", "docker ID"),
        (
            "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-ID.scope",
            "unit user@1000.service, user 1000, docker ID",
        ),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/docker.service",
            "unit user@1000.service, user-unit docker.service, user 1000",
        ),
        ("/machine.slice/libpod-ID.scope/container", "podman ID"),
        ("/machine.slice/libpod-conmon-ID.scope", &format!("unit libpod-conmon-{ID}.scope")),
        ("/libpod_parent/libpod-ID/ctr", "podman ID"),
        ("/libpod_parent/libpod-conmon-ID", ""),
        ("/machine.slice/machine-libpod_pod_OTHER.slice/libpod-ID.scope", "podman ID"),
        ("/system.slice/web.service/libpod-payload-ID", "unit web.service, podman ID"),
        ("/system.slice/web.service/runtime", "unit web.service"),
        (
            "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope/container",
            "unit user@1000.service, user 1000, podman ID",
        ),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service/libpod-payload-ID",
            "unit user@1000.service, user-unit web.service, user 1000, podman ID",
        ),
        ("/default/ID", "containerd ID"),
        ("/system.slice/nerdctl-ID.scope", "containerd ID"),
        ("/ecs/my-cluster/2f1c0b7e3d0f4c0aa7a7ef6b7f2b9d10/ID", "docker ID"),
        ("/ecs/2f1c0b7e-3d0f-4c0a-a7a7-ef6b7f2b9d10/ID", "docker ID"),
        ("/ecstasks.slice/ecstasks-2f1c0b7e3d0f4c0aa7a7ef6b7f2b9d10.slice/docker-ID.scope", "docker ID"),
        (
            "/ecs/2f1c0b7e3d0f4c0aa7a7ef6b7f2b9d10/2f1c0b7e3d0f4c0aa7a7ef6b7f2b9d10-2531612879",
            "unknown 2f1c0b7e3d0f4c0aa7a7ef6b7f2b9d10-2531612879",
        ),
        ("/system.slice/other-ID.scope", "unknown ID"),
        ("/system.slice/docker-ID0.scope", &format!("unit docker-{ID}0.scope")),
    ]);
}

#[test]
fn kubernetes() {
    check(&[
        ("/kubepods/besteffort/podU-D/ID", "unknown ID, pod UID"),
        ("/kubepods/burstable/podU-D/ID", "unknown ID, pod UID"),
        ("/kubepods/podU-D/ID", "unknown ID, pod UID"),
        (
            "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podU_D.slice/cri-containerd-ID.scope",
            "containerd ID, pod UID",
        ),
        (
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_D.slice/crio-ID.scope",
            "cri-o ID, pod UID",
        ),
        (
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_D.slice/crio-ID.scope/container",
            "cri-o ID, pod UID",
        ),
        (
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_D.slice/crio-conmon-ID.scope",
            &format!("unit crio-conmon-{ID}.scope, pod UID"),
        ),
        ("/kubepods.slice/kubepods-podU_D.slice/docker-ID.scope", "docker ID, pod UID"),
        (
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod9fde4fb2d5f6c4a19b6a3f5f6c0b8a11.slice/cri-containerd-ID.scope",
            "containerd ID, pod 9fde4fb2d5f6c4a19b6a3f5f6c0b8a11",
        ),
        (
            "/system.slice/containerd.service/kubepods-burstable-podU_D.slice:cri-containerd:ID",
            "unit containerd.service, containerd ID, pod UID",
        ),
        ("/docker/OTHER/kubelet/kubepods/burstable/podU-D/ID", "unknown ID, pod UID"),
        (
            "/system.slice/docker-OTHER.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-podU_D.slice/cri-containerd-ID.scope",
            "containerd ID, pod UID",
        ),
        (
            "/system.slice/docker-OTHER.scope/system.slice/kubelet.service",
            "unit kubelet.service, docker OTHER",
        ),
        ("/kubepods/burstable/pod", ""),
        ("/podU-D/x", ""),
        ("/kubepods/burstable/pod../ID", "unknown ID"),
        ("/tripod.slice/nginx.service", "unit nginx.service"),
    ]);
}

#[test]
fn system_containers() {
    check(&[
        ("/lxc.payload.web/system.slice/nginx.service", "unit nginx.service, lxc web web"),
        ("/lxc.payload.web", "lxc web web"),
        ("/lxc.monitor.web", ""),
        ("/lxc/web", "lxc web web"),
        ("/lxc/101/ns/system.slice/ssh.service", "unit ssh.service, lxc 101 101"),
        ("/lxc.payload/web/init.scope", "unit init.scope, lxc web web"),
        ("/lxc.payload.box/system.slice/docker-ID.scope", "docker ID"),
        ("/lxc.payload.", ""),
        (
            "/machine.slice/machine-deb.scope/payload/system.slice/ssh.service",
            "unit ssh.service, nspawn deb deb",
        ),
        (r"/machine.slice/machine-my\x2dbox.scope/payload", "nspawn my-box my-box"),
        ("/machine.slice/machine-deb.scope/supervisor", "unit machine-deb.scope"),
        (r"/machine.slice/machine-lxc\x2d12\x2dweb.scope", "lxc web web"),
        (
            "/machine.slice/systemd-nspawn@web.service/payload/system.slice/nginx.service",
            "unit nginx.service, nspawn web web",
        ),
        (
            "/machine.slice/systemd-nspawn@web.service/payload",
            "unit systemd-nspawn@web.service, nspawn web web",
        ),
        ("/machine.slice/systemd-nspawn@web.service/supervisor", "unit systemd-nspawn@web.service"),
        (
            "/machine.slice/machine-deb.scope/payload/user.slice/user-0.slice/session-2.scope",
            "unit session-2.scope, session 2, nspawn deb deb",
        ),
        (
            "/machine.slice/machine-deb.scope/payload/system.slice/web.service/libpod-payload-ID",
            "unit web.service, podman ID",
        ),
    ]);
}

#[test]
fn escapes_of_systemd() {
    for (escaped, plain) in [
        (r"a\x2db", &b"a-b"[..]),
        (r"\xff\x2D", b"\xff-"),
        (r"a\x2", br"a\x2"),
        (r"\xzz", br"\xzz"),
        (r"\x+1", br"\x+1"),
        (r"\\x2d", br"\-"),
        ("", b""),
    ] {
        assert_eq!(unescape(escaped.as_bytes()), plain, "{escaped}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _found = workload(&bytes);
    }

    /// Names from the customs, in any order: what is told comes from the path.
    #[test]
    fn no_path_makes_it_panic(parts in proptest::collection::vec(0..WORDS.len(), 0..8)) {
        let path: String = parts.into_iter().flat_map(|at| ["/", WORDS[at]]).collect();
        let found = workload(path.as_bytes());
        for name in [found.unit, found.session, found.container.map(|container| container.id)].into_iter().flatten() {
            let name = String::from_utf8(name.as_bytes().to_vec()).unwrap();
            proptest::prop_assert!(path.contains(&name), "{} is not in {}", name, path);
        }
    }
}

const WORDS: [&str; 14] = [
    "system.slice",
    "a.service",
    "user-1.slice",
    "user@1.service",
    "session-1.scope",
    "lxc",
    "lxc.payload.b",
    "machine-c.scope",
    "systemd-nspawn@d.service",
    "payload",
    "kubepods",
    "pod1",
    ":",
    "docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
];
