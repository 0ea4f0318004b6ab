"""What runs by itself: schedules and sensors that start runs, and the runs that carry out the one plan.

Here belong what is due (schedules, sensors), what such a run does (`work`), and what earlier runs came to (`past`). Not here:
the rules (`domain.automation`), the order of steps (`plan`), and who is told of what went wrong (`alerting`).
"""
