"""zafiro compute …"""

from zafiro.cli.grammar import (
    ADD,
    DESCRIPTION,
    FILE,
    LOCATION,
    MAX,
    NAME,
    NO_WAIT,
    REMOVE,
    SET,
    TAGS,
    YES,
    Flag,
    Noun,
    Verb,
    flag,
    needed,
)

_NAME = needed(NAME)
_SCALE = (
    flag("--min-instances", "Least nodes.", "N", kind=int, key="min_instances"),
    flag("--max-instances", "Most nodes.", "N", kind=int, key="max_instances"),
    flag(
        "--idle-time-before-scale-down",
        "Seconds a node may be idle.",
        "SECONDS",
        kind=int,
        key="idle_time_before_scale_down",
    ),
)
_IDENTITY = (
    flag("--identity-type -i", "system_assigned or user_assigned.", "TYPE", key="identity.type"),
    flag("--user-assigned-identities -u", "Resource ids.", "ID", nargs="+"),
)


def _moves(verb: str, help: str) -> Verb:
    return Verb(
        verb, help, "changing:act", (_NAME, NO_WAIT), (f"zafiro compute {verb} --name my-instance",)
    )


def _text(name: str, help: str, takes: str, key: str = "") -> Flag:
    return flag(name, help, takes, key=key or name.lstrip("-").replace("-", "_"))


COMPUTE = Noun(
    "compute",
    "Clusters and instances.",
    (
        Verb(
            "create",
            "Create a compute.",
            "making:create",
            (
                FILE,
                NAME,
                DESCRIPTION,
                TAGS,
                SET,
                NO_WAIT,
                LOCATION,
                flag(
                    "--type -t",
                    "Type.",
                    "TYPE",
                    choices=("AmlCompute", "ComputeInstance"),
                    key="type",
                ),
                flag("--size -s", "Size of its machines.", "SIZE", key="size"),
                flag("--tier", "Tier.", "TIER", choices=("dedicated", "low_priority"), key="tier"),
                *_SCALE,
                *_IDENTITY,
                _text(
                    "--admin-username", "User of the nodes.", "NAME", "ssh_settings.admin_username"
                ),
                _text("--admin-password", "Its password.", "TEXT", "ssh_settings.admin_password"),
                _text("--ssh-key-value", "Public key.", "KEY", "ssh_settings.ssh_key_value"),
                _text("--ssh-public-access-enabled", "Whether SSH is open.", "BOOL"),
                _text("--vnet-name", "Virtual network.", "NAME", "network_settings.vnet_name"),
                _text("--subnet", "Subnet.", "NAME", "network_settings.subnet"),
                _text("--enable-node-public-ip", "Whether nodes have public addresses.", "BOOL"),
            ),
            (
                "zafiro compute create --name big --type AmlCompute --min-instances 0 --max-instances 4",
                "zafiro compute create --file cluster.yml",
            ),
        ),
        Verb(
            "list",
            "List computes.",
            "reading:list_computes",
            (MAX, flag("--type", "Only this type.", "TYPE")),
            ("zafiro compute list -o table", "zafiro compute list --type ComputeInstance"),
        ),
        Verb(
            "show",
            "Show a compute.",
            "reading:show",
            (_NAME,),
            ("zafiro compute show -n cpu-cluster",),
        ),
        Verb(
            "update",
            "Change a compute.",
            "making:update",
            (_NAME, SET, ADD, REMOVE, TAGS, NO_WAIT, *_SCALE, *_IDENTITY),
            ("zafiro compute update --name cpu-cluster --max-instances 8",),
        ),
        Verb(
            "delete",
            "Delete a compute.",
            "changing:delete",
            (_NAME, YES, NO_WAIT),
            ("zafiro compute delete --name big --yes",),
        ),
        Verb(
            "attach",
            "Attach a machine or cluster that is there.",
            "asking:attach",
            (
                FILE,
                NAME,
                SET,
                NO_WAIT,
                flag(
                    "--type -t",
                    "Type.",
                    "TYPE",
                    choices=("VirtualMachine", "Kubernetes", "SynapseSpark"),
                    key="type",
                ),
                _text("--resource-id", "What is attached.", "ID"),
                flag("--ssh-port", "Port.", "N", kind=int, key="ssh_settings.ssh_port"),
                _text("--admin-username", "User.", "NAME", "ssh_settings.admin_username"),
                _text("--admin-password", "Its password.", "TEXT", "ssh_settings.admin_password"),
                _text(
                    "--ssh-private-key-file",
                    "Private key.",
                    "FILE",
                    "ssh_settings.ssh_private_key_file",
                ),
                _text("--namespace", "Namespace.", "NAME"),
                *_IDENTITY,
            ),
            ("zafiro compute attach --file machine.yml",),
        ),
        Verb(
            "detach",
            "Detach a compute; what it runs on stays.",
            "changing:detach",
            (_NAME, YES, NO_WAIT),
            ("zafiro compute detach --name machine --yes",),
        ),
        _moves("start", "Start an instance."),
        _moves("stop", "Stop an instance."),
        _moves("restart", "Restart an instance."),
        Verb(
            "list-nodes",
            "List the nodes of a cluster.",
            "asking:list_nodes",
            (_NAME, MAX),
            ("zafiro compute list-nodes --name cpu-cluster",),
        ),
        Verb(
            "list-sizes",
            "List the sizes a compute may have.",
            "asking:list_sizes",
            (LOCATION, MAX, flag("--type -t", "For this type of compute.", "TYPE")),
            ("zafiro compute list-sizes -o table",),
        ),
        Verb(
            "list-usage",
            "List how much of each size is in use.",
            "asking:list_usage",
            (LOCATION, MAX),
            ("zafiro compute list-usage -o table",),
        ),
        Verb(
            "connect-ssh",
            "Open a shell on an instance.",
            "missing:ssh",
            (_NAME, flag("--private-key-file-path -f", "Private key.", "FILE")),
            ("zafiro compute connect-ssh --name my-instance",),
        ),
        Verb(
            "enable-sso",
            "Turn single sign-on of an instance on or off.",
            "missing:sso",
            (_NAME, flag("--enable-sso", "Whether.", "BOOL")),
            ("zafiro compute enable-sso --name my-instance --enable-sso true",),
        ),
    ),
    ("name", "type", "size", "min_instances", "max_instances", "state || provisioning_state"),
)
NOUNS = {"compute": COMPUTE}
