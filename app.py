"""The page menu; everything else is in `pages/`."""

import streamlit as st

st.set_page_config(page_title="Ravine", page_icon="static/icon.png", layout="wide")
st.html("<style>.stMainBlockContainer {padding-top: 4rem} h1 {padding-top: 0 !important}</style>")
st.navigation(
    [
        st.Page(
            "pages/race.py",
            title="Race",
            icon=":material/sports_score:",
            url_path="race",
            default=True,
            help="Optimizers side by side on a loss surface: drag the start and the learning rates, and watch.",
        ),
        st.Page(
            "pages/network.py",
            title="Network",
            icon=":material/hub:",
            url_path="network",
            help="The same optimizers train a small network on handwritten digits, seen on a slice of its true loss.",
        ),
        st.Page(
            "pages/runs.py",
            title="Runs",
            icon=":material/work_history:",
            url_path="runs",
            help="Long training runs as jobs on this machine's GPU or CPU: start, watch, cancel, open.",
        ),
    ],
    position="top",
).run()
