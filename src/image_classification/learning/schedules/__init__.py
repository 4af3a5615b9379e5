"""Schedules of the learning rate by name, with torch's own option names."""

from image_classification.learning.schedules.build import ScheduleOptions, WarmupOptions, build_schedule
from image_classification.learning.schedules.schedule import Schedule
from image_classification.learning.schedules.torch_schedulers import SCHEDULERS

__all__ = ["SCHEDULERS", "Schedule", "ScheduleOptions", "WarmupOptions", "build_schedule"]
