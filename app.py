"""The page menu; everything else is in `pages/`."""

import streamlit as st

from pages import menu

st.html("<style>.stMainBlockContainer {padding-top: 4rem} h1 {padding-top: 0 !important}</style>")
menu.navigation().run()
