"""The command line. Verbs import what they need when they run: `zafiro --help` stays instant."""

from importlib import import_module

import click

import zafiro


class Lazy(click.Group):
    """Finds a command in the module of the same name when it is asked for."""

    verbs = {
        "up": "Start the server.",
        "down": "Stop the server.",
        "status": "Say whether the server runs, and where.",
        "env": "Print the variables that point Microsoft's clients at the server.",
        "exec": "Run a command under those variables.",
        "init": "Write the config.json that MLClient.from_config() reads.",
        "job": "Look at jobs.",
        "gc": "Remove for good what was deleted.",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.verbs)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.verbs.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.verbs:
            return None

        where = {"exec": "env", "init": "env", "down": "up", "status": "up"}
        module = import_module(f"zafiro.cli.{where.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, f"{cmd_name}_")
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(zafiro.__version__, prog_name="zafiro")
def main() -> None:
    """Azure Machine Learning on your own machines."""


if __name__ == "__main__":
    main()
