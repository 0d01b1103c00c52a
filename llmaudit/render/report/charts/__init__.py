"""The charts of a report as Vega-Lite specifications. Colours are names of the style sheet, so they follow the theme.

Why Vega-Lite, by the bundle that vl-convert-python carries: a chart is data and not drawing code; one
file works offline; 0.9 MB, where Plotly takes 4.8 and leaves no room below 2 MB; SVG prints and scales; and its
expressions can be interpreted, without which the page would have to allow `eval`
(vega.github.io/vega/usage/interpreter, read 2026-11-27).
"""
