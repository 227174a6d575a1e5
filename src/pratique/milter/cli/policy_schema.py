"""Write the JSON Schema of policies, for editors."""

import json

import click


@click.command(short_help="Write a JSON Schema for editors.")
def schema() -> None:
    """Write a JSON Schema (draft 2020-12) that editors of TOML check policies with.

    \b
    Example, with Taplo or Even Better TOML:
      pratique policy schema > policy.schema.json
    and in the first line of a policy:
      #:schema ./policy.schema.json
    """
    # Imported late: `pratique --help` must not wait for CEL.
    from pratique.policies.written.schema import schema as made

    click.echo(json.dumps(made(), indent=2))
