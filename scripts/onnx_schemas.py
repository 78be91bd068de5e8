#!/usr/bin/env python3
"""Prints what the `onnx` package says of each version of each standard operator, one JSON object a line.

The test of the dialects' declarations compares them with src/frontend/onnx/tests/schemas.jsonl, which is made so:

    python3 -m venv VENV && VENV/bin/pip install onnx
    VENV/bin/python scripts/onnx_schemas.py > src/frontend/onnx/tests/schemas.jsonl
"""
import json

import onnx
from onnx import defs, helper

OPTION = {
    defs.OpSchema.FormalParameterOption.Single: "",
    defs.OpSchema.FormalParameterOption.Optional: "?",
    defs.OpSchema.FormalParameterOption.Variadic: "...",
}


def parameters(formal):
    return [parameter.name + OPTION[parameter.option] for parameter in formal]


def default(attribute):
    value = attribute.default_value
    if value.type == onnx.AttributeProto.UNDEFINED:
        return None
    value = helper.get_attribute_value(value)
    return value.decode() if isinstance(value, bytes) else value


def attributes(schema):
    return {
        name: [attribute.type.name, attribute.required, default(attribute)]
        for name, attribute in sorted(schema.attributes.items())
    }


print(json.dumps({"onnx": onnx.__version__, "newest": defs.onnx_opset_version()}))
schemas = [schema for schema in defs.get_all_schemas_with_history() if schema.domain == ""]
for schema in sorted(schemas, key=lambda schema: (schema.name, schema.since_version)):
    if schema.deprecated:
        continue
    line = {
        "name": schema.name,
        "since": schema.since_version,
        "inputs": parameters(schema.inputs),
        "outputs": parameters(schema.outputs),
        "attributes": attributes(schema),
    }
    print(json.dumps(line, default=str))
