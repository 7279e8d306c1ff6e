"""The CloudWatch alarm of a metric check, and the alarms that Route 53 refuses."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from dnsemu.config.model.health_checks import AlarmConfiguration
from dnsemu.config.shapes.about import Notation, about
from dnsemu.config.shapes.base import Hint, Shape, refuse

Statistic = Literal["Average", "Sum", "SampleCount", "Maximum", "Minimum"]
ComparisonOperator = Literal[
    "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"
]
STATISTICS = ("Average", "Sum", "SampleCount", "Maximum", "Minimum")
MIN_PERIOD_S = 60
MAX_DIMENSIONS = 10

_EXTENDED = "Route 53 does not support extended CloudWatch metric statistics"
_ONE_STATISTIC = f"write statistic: {', '.join(STATISTICS[:-1])} or {STATISTICS[-1]}"


class AlarmIdentifierShape(Shape):
    """The CloudWatch alarm that a metric check follows (H89)."""

    region: Annotated[str, Notation.REGION, about("The Region of the alarm.")]
    name: Annotated[str, about("The name of the alarm, as `dnsemu alarm` takes it.")]


class DimensionShape(Shape):
    """One dimension of a metric."""

    name: Annotated[str, about("The name of the dimension, such as `InstanceId`.")]
    value: Annotated[str, about("The value of the dimension.")]


class AlarmConfigurationShape(Shape):
    """The alarm's configuration, as `GetHealthCheck` shows it (H89)."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("extended_statistic", "metrics"), f"{_EXTENDED}: {_ONE_STATISTIC}"
    )

    evaluation_periods: Annotated[
        int, Field(ge=1), Hint("H89", "alarm-periods", "a whole number from 1 up"),
        about("The number of periods that the alarm looks back."),
    ]  # fmt: skip
    threshold: Annotated[
        float, Hint("H89", "alarm-threshold", "a number"), about("The value that the metric is compared with.")
    ]
    comparison_operator: Annotated[
        ComparisonOperator,
        Hint("H89", "alarm-operator", "GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanThreshold or "
             "LessThanOrEqualToThreshold"),
        about("The comparison of the metric with `threshold` that raises the alarm."),
    ]  # fmt: skip
    period: Annotated[
        int, Field(ge=MIN_PERIOD_S), Hint("H31", "alarm-resolution", "a whole number of seconds from 60 up"),
        about("The seconds in one period."),
    ]  # fmt: skip
    metric_name: Annotated[
        str, Field(min_length=1, max_length=255), Hint("H89", "alarm-metric", "a metric's name"),
        about("The name of the metric, such as `CPUUtilization`."),
    ]  # fmt: skip
    namespace: Annotated[
        str, Field(min_length=1, max_length=255), Hint("H89", "alarm-namespace", "a namespace such as AWS/EC2"),
        about("The namespace of the metric, such as `AWS/EC2`."),
    ]  # fmt: skip
    statistic: Annotated[
        Statistic, Hint("H30", "alarm-statistic", _ONE_STATISTIC.removeprefix("write statistic: ")),
        about("The statistic that makes one number of a period's data."),
    ]  # fmt: skip
    dimensions: Annotated[
        list[DimensionShape], Field(max_length=MAX_DIMENSIONS),
        Hint("H89", "alarm-dimensions", "a list of at most ten {name, value}"),
        about("The dimensions that select one metric of this name.", default=[]),
    ] = Field(default_factory=list)  # fmt: skip
    datapoints_to_alarm: Annotated[
        int | None, Field(ge=1), Hint("H90", "alarm-datapoints", "a whole number from 1 up"),
        about("The number of periods that have to raise the alarm: Route 53 accepts all of `evaluation_periods` only."),
    ] = None  # fmt: skip

    @field_validator("period", mode="before")
    @classmethod
    def _resolution(cls, value: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value < MIN_PERIOD_S:
            message = "Route 53 does not support high-resolution CloudWatch alarms"
            raise refuse("alarm-resolution", "H31", message, "write a period of 60 seconds or more")
        return value

    @field_validator("statistic", mode="before")
    @classmethod
    def _not_extended(cls, value: Any) -> Any:
        if isinstance(value, str) and value not in STATISTICS:
            raise refuse("alarm-statistic", "H30", _EXTENDED, _ONE_STATISTIC)
        return value

    @model_validator(mode="after")
    def _every_datapoint(self) -> "AlarmConfigurationShape":
        if self.datapoints_to_alarm not in (None, self.evaluation_periods):
            message = "Route 53 does not support alarms of M out of N datapoints"
            instead = f"leave datapoints_to_alarm out, or write {self.evaluation_periods} as in evaluation_periods"
            raise refuse("alarm-datapoints", "H90", message, instead)
        return self

    def declared(self) -> AlarmConfiguration:
        """Returns the declared configuration."""
        return AlarmConfiguration(
            evaluation_periods=self.evaluation_periods,
            threshold=self.threshold,
            comparison_operator=self.comparison_operator,
            period=self.period,
            metric_name=self.metric_name,
            namespace=self.namespace,
            statistic=self.statistic,
            dimensions=tuple((dimension.name, dimension.value) for dimension in self.dimensions),
        )


def written_alarm(alarm: AlarmConfiguration) -> dict[str, Any]:
    """Returns a configuration as a file writes it."""
    dimensions = [{"name": name, "value": value} for name, value in alarm.dimensions]
    return asdict(alarm) | {"dimensions": dimensions}
