"""The GoogleSQL reference analyzer and evaluator behind a pipe: one JSON request a line, one JSON answer a line.

Runs in the tools environment, which has `zetasql` and nothing of this project, so that it knows no table and no
statement: `{"catalog": {table: {column: type}}, "parameters": {name: type}}` comes first, then any number of
`{"analyze": sql}`, answered by `{"kind", "columns", "ms"}`, and `{"evaluate": sql, "values": {...}, "rows": {table:
[[...]]}}`, answered by `{"columns", "rows", "ms"}`; `{"error": message}` where GoogleSQL refuses. Dates and instants
are ISO strings on the pipe.
"""

import ctypes
import hashlib
import json
import os
import re
import sys
import time
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import wasmtime
from zetasql.core import ServerError, WasmClient, wasm_client
from zetasql.wasi import get_wasm_path
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public_options_pb2
from zetasql.wasi._pb2.zetasql.public import type_pb2, value_pb2
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_ast_pb2

KINDS = {
    "INT64": type_pb2.TYPE_INT64,
    "FLOAT64": type_pb2.TYPE_DOUBLE,
    "BOOL": type_pb2.TYPE_BOOL,
    "STRING": type_pb2.TYPE_STRING,
    "DATE": type_pb2.TYPE_DATE,
    "TIMESTAMP": type_pb2.TYPE_TIMESTAMP,
}
NAMES = {kind: name for name, kind in KINDS.items()}
FIELDS = {"INT64": "int64_value", "FLOAT64": "double_value", "BOOL": "bool_value", "STRING": "string_value"}
VARINT, LENGTH_DELIMITED = 0, 2
FIXED_SIZES = {1: 8, 5: 4}
DAY_ZERO = date(1970, 1, 1)
INSTANT_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


class CompiledOnce:
    """Stands in for wasmtime's Module: compiling takes half a minute, reading what was compiled two seconds."""

    @staticmethod
    def from_file(engine, path):
        content = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
        cached = Path(sys.prefix) / f"zetasql-{content}-wasmtime-{version('wasmtime')}.cwasm"
        if not cached.exists():
            partial = cached.with_suffix(f".{os.getpid()}")
            partial.write_bytes(wasmtime.Module.from_file(engine, str(path)).serialize())
            partial.replace(cached)
        return wasmtime.Module.deserialize_file(engine, str(cached))


class Client(WasmClient):
    """The wheel's client, copying blocks instead of single bytes."""

    def _address(self, pointer):
        return ctypes.addressof(self.memory.data_ptr().contents) + pointer

    def write_bytes(self, ptr, data):
        ctypes.memmove(self._address(ptr), bytes(data), len(data))

    def read_bytes(self, ptr, size):
        return ctypes.string_at(self._address(ptr), size)


# -- types and values --------------------------------------------------------------------------------------------------


def to_type(name):
    element = re.fullmatch(r"ARRAY<(\w+)>", name)
    if element:
        array = type_pb2.ArrayTypeProto(element_type=to_type(element[1]))
        return type_pb2.TypeProto(type_kind=type_pb2.TYPE_ARRAY, array_type=array)
    return type_pb2.TypeProto(type_kind=KINDS[name])


def type_name(found):
    if found.type_kind == type_pb2.TYPE_ARRAY:
        return f"ARRAY<{type_name(found.array_type.element_type)}>"
    if found.type_kind == type_pb2.TYPE_STRUCT:
        return f"STRUCT<{', '.join(type_name(field.field_type) for field in found.struct_type.field)}>"
    return NAMES.get(found.type_kind) or type_pb2.TypeKind.Name(found.type_kind).removeprefix("TYPE_")


def to_value(given, name):
    value = value_pb2.ValueProto()
    if given is None:
        return value
    if name.startswith("ARRAY<"):
        value.array_value.SetInParent()
        value.array_value.element.extend(to_value(one, name[6:-1]) for one in given)
    elif name == "DATE":
        value.date_value = (date.fromisoformat(given) - DAY_ZERO).days
    elif name == "TIMESTAMP":
        micros = (datetime.fromisoformat(given) - INSTANT_ZERO) // timedelta(microseconds=1)
        value.timestamp_value.seconds, rest = divmod(micros, 1_000_000)
        value.timestamp_value.nanos = 1_000 * rest
    else:
        setattr(value, FIELDS[name], given)
    return value


def from_value(value):
    field = value.WhichOneof("value")
    if field is None:
        return None
    if field == "date_value":
        return (DAY_ZERO + timedelta(days=value.date_value)).isoformat()
    if field == "timestamp_value":
        seconds, micros = value.timestamp_value.seconds, value.timestamp_value.nanos // 1_000
        return (INSTANT_ZERO + timedelta(seconds=seconds, microseconds=micros)).isoformat()
    if field == "array_value":
        return [from_value(one) for one in value.array_value.element]
    if field == "struct_value":
        return [from_value(one) for one in value.struct_value.field]
    return getattr(value, field)


# -- answers that are nested deeper than protobuf reads ----------------------------------------------------------------


def inside(data, message, field):
    """The encoded values of one field, which holds messages."""
    return [part for number, part in parts(data) if number == message.DESCRIPTOR.fields_by_name[field].number]


def parts(data):
    """(field number, content) of an encoded message, the fields that hold messages or text only."""
    position = 0
    while position < len(data):
        tag, position = varint(data, position)
        kind = tag & 7
        if kind == LENGTH_DELIMITED:
            size, position = varint(data, position)
            yield tag >> 3, data[position : position + size]
            position += size
        elif kind == VARINT:
            _, position = varint(data, position)
        else:
            position += FIXED_SIZES[kind]


def varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            return value, position


# -- what is known -----------------------------------------------------------------------------------------------------


class GoogleSql:
    """One engine; `declare` says which tables and parameters there are."""

    def __init__(self):
        wasm_client.Module = CompiledOnce
        self.client = Client(str(get_wasm_path()))
        # The features in force in BigQuery are a subset: what it lacks is the lint's to find.
        asked = service.LanguageOptionsRequest(maximum_features=True)
        self.language = self._call("GetLanguageOptions", asked, options_pb2.LanguageOptionsProto)
        self.language.product_mode = public_options_pb2.PRODUCT_EXTERNAL
        del self.language.supported_statement_kinds[:]  # none named: all

    def _call(self, method, request, answer):
        return self.client.call_grpc_func(f"ZetaSqlLocalService_{method}", request, answer)

    def declare(self, tables, parameters):
        self.tables, self.parameters = tables, parameters
        self.options = options_pb2.AnalyzerOptionsProto(
            language_options=self.language,
            default_timezone="UTC",
            error_message_mode=public_options_pb2.ERROR_MESSAGE_ONE_LINE,
            prune_unused_columns=True,
        )
        for name, kind in parameters.items():
            self.options.query_parameters.add(name=name, type=to_type(kind))
        registered = service.RegisterCatalogRequest(simple_catalog=self._catalog(tables))
        self.catalog_id = self._call("RegisterCatalog", registered, service.RegisterResponse).registered_id

    def _catalog(self, tables):
        root = simple_catalog_pb2.SimpleCatalogProto(name="catalogue")
        root.builtin_function_options.language_options.CopyFrom(self.language)
        for full_name, columns in tables.items():
            *path, name = [full_name.strip("`")] if full_name.startswith("`") else full_name.split(".")
            table = nested(root, path).table.add(name=name)
            for column, kind in columns.items():
                table.column.add(name=column, type=to_type(kind), is_writable_column=True)
        return root

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def analyze(self, sql):
        request = service.AnalyzeRequest(
            sql_statement=paths_apart(sql), options=self.options, registered_catalog_id=self.catalog_id
        )
        data = self.client._call_grpc_method("ZetaSqlLocalService_Analyze", request.SerializeToString())
        statement = inside(data, service.AnalyzeResponse, "resolved_statement")[0]
        [(number, node)] = parts(statement)
        kind = resolved_ast_pb2.AnyResolvedStatementProto.DESCRIPTOR.fields_by_number[number].name
        found = {"kind": re.sub(r"^resolved_|_stmt_node$|_node$", "", kind), "columns": None}
        if kind == "resolved_query_stmt_node":
            read = resolved_ast_pb2.ResolvedOutputColumnProto.FromString
            listed = map(read, inside(node, resolved_ast_pb2.ResolvedQueryStmtProto, "output_column_list"))
            found["columns"] = [[one.name, type_name(one.column.type)] for one in listed]
        return found

    def evaluate(self, sql, values, rows):
        used = {name: self.tables[name] for name in rows}
        request = service.EvaluateQueryRequest(sql=quoted(sql, used), options=self.options)
        request.simple_catalog.CopyFrom(self._catalog({f"`{name}`": columns for name, columns in used.items()}))
        for name, listed in rows.items():
            kinds = list(used[name].values())
            content = request.table_content[name]
            content.table_data.SetInParent()
            for row in listed:
                content.table_data.row.add(cell=[to_value(cell, kind) for cell, kind in zip(row, kinds, strict=True)])
        for name, given in values.items():
            request.params.add(name=name, value=to_value(given, self.parameters[name]))
        answer = self._call("EvaluateQuery", request, service.EvaluateQueryResponse)
        return {
            "columns": [[one.name, type_name(one.type)] for one in answer.prepared.columns],
            "rows": [[from_value(cell) for cell in row.cell] for row in answer.content.table_data.row],
        }


def nested(catalog, path):
    """The catalog at a dotted path below another, made if need be."""
    for name in path:
        found = [one for one in catalog.catalog if one.name == name]
        catalog = found[0] if found else catalog.catalog.add(name=name)
    return catalog


def paths_apart(sql):
    """BigQuery reads `a.b.c` between one pair of backticks as a path; the analyzer as one name."""
    return re.sub(r"`[\w-]+(\.[\w-]+)+`", lambda path: path[0].replace(".", "`.`"), sql)


def quoted(sql, names):
    """The evaluator knows contents of tables of the outermost catalog only: a dotted name becomes one identifier."""
    for name in names:
        sql = re.sub(rf"(?<![\w.`]){re.escape(name)}(?![\w.`])", f"`{name}`", sql)
    return sql


def answer(engine, request):
    if "catalog" in request:
        engine.declare(request["catalog"], request["parameters"])
        return {}
    if "analyze" in request:
        return engine.analyze(request["analyze"])
    return engine.evaluate(request["evaluate"], request["values"], request["rows"])


def main():
    # The module writes to the process's standard output: answers go to a copy of it, all else to the error stream.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    engine = GoogleSql()
    for line in sys.stdin:
        started = time.perf_counter()
        try:
            found = answer(engine, json.loads(line))
        except ServerError as refused:
            found = {"error": refused.message}
        found["ms"] = round(1_000 * (time.perf_counter() - started), 1)
        answers.write(json.dumps(found) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
