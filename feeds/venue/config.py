"""The configuration that points every feed and headline source at a simulated venue."""

END = "# end of configuration"
"""The last line, for whoever reads it from a pipe that stays open."""

_CONFIG = """\
# SIMULATED: every feed below is a venue on this machine that plays 2025-09-17 in Hong Kong.
schema = 1
watchlist = "tech"

[simulation]
clock_url = "{socket}/clock"

[watchlists]
tech = ["@hstech"]
also = ["9888.HK", "9988.HK", "0700.HK", "3690.HK", "9618.HK", "0981.HK"]
indices = ["HSTECH", "HSI"]

[feeds.tencent]
enabled = true
symbols = ["@hstech"]
quote_url = "{base}/q="
kline_url = "{base}/appstock/app/hkfqkline/get"
interval = "3s"

[feeds.yahoo]
enabled = true
symbols = ["HSTECH", "HSI"]
stream_url = "{socket}/?version=2"
chart_url = "{base}/v8/finance/chart/"

[feeds.coinbase]
enabled = false

[[headlines]]
name = "rthk"
kind = "rss"
url = "{base}/rthk/news/rss/e_expressnews_efinance.xml"
interval = "60s"

[[headlines]]
name = "rthk-zh"
kind = "rss"
url = "{base}/rthk/news/rss/c_expressnews_cfinance.xml"
interval = "60s"

[[headlines]]
name = "hkexnews"
kind = "hkexnews"
url = "{base}/ncms/json/eds/lcisehk1relsde_1.json"
interval = "60s"

{end}
"""


def config_toml(base_url: str) -> str:
    """A whole configuration, as TOML, for the venue at a base address such as ``http://127.0.0.1:8080``.

    Quotes are asked for every three seconds, the venue's own step.
    """
    base = base_url.rstrip("/")
    return _CONFIG.format(base=base, socket=base.replace("http", "ws", 1), end=END)
