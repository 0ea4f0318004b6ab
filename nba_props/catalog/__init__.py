"""THE schema: every table declared once; DDL, Arrow, BigQuery, Dagster, documents, checks and MERGE text follow from it."""

from nba_props.catalog.model import Column, ColumnType, Layer, Table
from nba_props.catalog.registry import TABLES, table

__all__ = ["TABLES", "Column", "ColumnType", "Layer", "Table", "table"]
