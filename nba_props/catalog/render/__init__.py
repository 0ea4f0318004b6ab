"""What a table's one declaration becomes: one module per target, pure functions of `Table`, no client and no Dagster."""
