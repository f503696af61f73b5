"""`lienthong`, the command line: which command is where."""

from __future__ import annotations

from app.shell import Root

COMMANDS = {
    "demo": "app.commands.demo:demo",
    "procedures": "app.commands.procedures:procedures",
    "agencies": "app.commands.agencies:agencies",
    "calendars": "app.commands.calendars:calendars",
    "receive": "app.commands.receive:receive",
    "register": "app.commands.receive:register",
    "act": "app.commands.act:act",
    "acts": "app.commands.acts:acts",
    "submit": "app.commands.submit:submit",
    "reassign": "app.commands.reassign:reassign",
    "inbox": "app.commands.inbox:inbox",
    "status": "app.commands.status:status",
    "due": "app.commands.due:due",
    "deadlines": "app.commands.deadlines:deadlines",
    "alerts": "app.commands.alerts:alerts",
    "why": "app.commands.due:why",
    "history": "app.commands.history:history",
    "control-sheet": "app.commands.control_sheet:control_sheet",
    "form": "app.commands.form:form",
    "replay": "app.commands.replay:replay",
    "verify": "app.commands.verify:verify",
    "export": "app.commands.export:export",
    "report": "app.commands.report:report",
    "views": "app.commands.views:views",
    "rebuild": "app.commands.views:rebuild",
    "migrate": "app.commands.migrate:migrate",
    "interlink": "app.commands.interlink:interlink",
    "relay": "app.commands.relay:relay",
    "publish": "app.commands.publish:publish",
    "archive": "app.commands.archive:archive",
    "consume": "app.commands.consume:consume",
    "lag": "app.commands.lag:lag",
    "parked": "app.commands.parked:parked",
    "serve": "app.commands.serve:serve",
    "users": "app.commands.users:users",
    "doctor": "app.commands.doctor:doctor",
    "bench": "app.commands.demo:bench",
}
"""Every command, in the order in which `--help` lists them."""

cli = Root(
    name="lienthong",
    lazy=COMMANDS,
    no_args_is_help=True,
    help="""Interlinked administrative procedures (thủ tục hành chính liên thông): who holds a
    dossier, by when each step is due, and why.

    Times are shown in Vietnamese time and may be given so: 2021-03-04 08:30, 04/03/2021 08:30,
    or ISO 8601 with an offset. Exit status: 0 done, 1 refused by a rule, 2 wrong input or
    usage, 3 the store or a server cannot be used.""",
)


def main() -> None:
    """The entry point of the installed command."""
    cli(prog_name="lienthong")


if __name__ == "__main__":
    main()
