"""Try `pratique policy schema`."""

import json

from click.testing import CliRunner

from pratique.milter.cli.policy import policy
from pratique.policies.written.schema import schema


def test_it_writes_the_schema_as_json():
    done = CliRunner().invoke(policy, ["schema"])
    assert done.exit_code == 0
    assert json.loads(done.output) == schema()
