"""The page menu; everything else is in `pages/`."""

import streamlit as st

from pages import menu

STYLE = ".stMainBlockContainer {padding-top: 4rem} h1 {padding-top: 0 !important} .katex-display {overflow: visible !important}"
NARROW = "@media (max-width: 640px) {.modebar-container {display: none}}"  # it would cover the legends
DARK_STYLE = (  # Streamlit writes white on the light primary colour
    ".stMultiSelect [data-tag] *, [data-testid='stBaseButton-primary']:not(:disabled) * {color: #0e1117}"
)
st.html(f"<style>{STYLE}{NARROW}{DARK_STYLE if st.context.theme.type == 'dark' else ''}</style>")
menu.navigation().run()
