"""Figures of a training and of its result, interactive: plotly draws them in the browser.

Every figure names the network and the data in its title, is readable with two classes and with a hundred, and
is as wide as the place where it is shown.
"""
