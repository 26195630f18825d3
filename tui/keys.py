"""Keys: every key of the screen, once: bindings, help, palette and docs/keys.md come from here."""

from enum import StrEnum
from typing import NamedTuple

from textual.binding import Binding


class Place(StrEnum):
    """Where a key works; the value is the heading it stands under in the help."""

    TILES = "On the tiles"
    MAIN = "On the tiles and in the panes"
    LISTS = "In headlines and alerts"
    FILTER = "While typing a filter"
    DETAIL = "In a name's detail"
    HEADLINE = "In a headline"
    JOURNAL = "In the journal"
    RULES = "In the rules of a name"
    RULE = "In a rule"
    SHEET = "In help and feeds"
    ANYWHERE = "Everywhere"


class Key(NamedTuple):
    """One line of the help. ``keys`` as Textual names them, ``shown`` as a person does.

    Without an ``action`` the key belongs to the widget that has the focus, and is only explained here.
    """

    place: Place
    keys: str
    shown: str
    what: str
    action: str = ""


KEYS = (
    Key(Place.TILES, "", "arrows, h j k l", "move; Page Up, Page Down, Home and End move further"),
    Key(Place.TILES, "", "Enter", "open the name: charts, facts, runs, headlines"),
    Key(Place.MAIN, "s", "s", "sort by the next order: list, %, |%|, name, code, volume", "sort(1)"),
    Key(Place.MAIN, "S", "S", "sort by the order before", "sort(-1)"),
    Key(Place.MAIN, "slash", "/", "filter by code or name as you type; headlines by any word", "filter"),
    Key(Place.MAIN, "escape", "Esc", "drop the filter; else go to the tiles", "back"),
    Key(Place.MAIN, "w", "w", "next watchlist", "watchlist(1)"),
    Key(Place.MAIN, "W", "W", "watchlist before", "watchlist(-1)"),
    Key(Place.MAIN, "t", "t", "panes away or back; on a small screen the next one", "panes"),
    Key(Place.MAIN, "1", "1", "go to the tiles", "pane('wall')"),
    Key(Place.MAIN, "2", "2", "go to the headlines", "pane('headlines')"),
    Key(Place.MAIN, "3", "3", "go to the alerts", "pane('alerts')"),
    Key(Place.MAIN, "tab", "Tab", "next pane", "next_pane(1)"),
    Key(Place.MAIN, "shift+tab", "Shift+Tab", "pane before", "next_pane(-1)"),
    Key(Place.MAIN, "q", "q", "leave Tickwall", "app.quit"),
    Key(Place.LISTS, "", "arrows, j k", "choose; Page Up, Page Down, Home and End move further"),
    Key(Place.LISTS, "", "Enter", "open the headline, or the name that the alert is about"),
    Key(Place.FILTER, "", "Enter", "keep the filter and go to the tiles"),
    Key(Place.FILTER, "", "Esc", "drop the filter"),
    Key(Place.FILTER, "", "Up, Down", "move on the tiles while you type"),
    Key(Place.DETAIL, "left,h", "Left, h", "the name before, in the order of the tiles", "neighbour(-1)"),
    Key(Place.DETAIL, "right,l", "Right, l", "the next name", "neighbour(1)"),
    Key(Place.DETAIL, "c", "c", "a longer chart: the day, 3 months, a year, 5 years, all", "next_span(1)"),
    Key(Place.DETAIL, "C", "C", "a shorter chart", "next_span(-1)"),
    Key(Place.DETAIL, "d", "d", "the day's chart", "span('intraday')"),
    Key(Place.DETAIL, "3", "3", "three months", "span('months')"),
    Key(Place.DETAIL, "1", "1", "a year", "span('1y')"),
    Key(Place.DETAIL, "5", "5", "five years", "span('years')"),
    Key(Place.DETAIL, "0", "0", "all there is", "span('all')"),
    Key(Place.DETAIL, "r", "r", "runs by the next period: day, week, month", "period"),
    Key(Place.DETAIL, "tab", "Tab", "the next panel, on a screen that shows one at a time", "panel(1)"),
    Key(Place.DETAIL, "shift+tab", "Shift+Tab", "the panel before", "panel(-1)"),
    Key(Place.DETAIL, "", "Up, Down, j k", "choose a headline; Enter opens it"),
    Key(Place.DETAIL, "slash", "/", "filter its headlines by any word, as you type", "search"),
    Key(Place.DETAIL, "escape", "Esc", "drop the filter; else back", "back"),
    Key(Place.DETAIL, "q", "q", "back", "leave"),
    Key(Place.HEADLINE, "c", "c", "copy the address to the terminal's clipboard (OSC 52)", "copy"),
    Key(Place.HEADLINE, "o,enter", "o, Enter", "open it in the browser, where one is at this desk", "open"),
    Key(Place.HEADLINE, "escape,q", "Esc, q", "back", "leave"),
    Key(Place.JOURNAL, "", "arrows, j k", "choose; Page Up, Page Down, Home and End move further"),
    Key(Place.JOURNAL, "", "Enter", "open the name that the alert is about"),
    Key(Place.JOURNAL, "slash", "/", "search in all that was told, as you type", "search"),
    Key(Place.JOURNAL, "e", "e", "export what is found to a CSV or JSON file", "export"),
    Key(Place.JOURNAL, "escape", "Esc", "drop the search; else back", "back"),
    Key(Place.JOURNAL, "q", "q", "back", "leave"),
    Key(Place.RULES, "", "Enter", "change the rule that is chosen"),
    Key(Place.RULES, "n", "n", "write a new one", "new"),
    Key(Place.RULES, "d,delete", "d, Delete", "remove the one that is chosen", "remove"),
    Key(Place.RULES, "escape,q", "Esc, q", "back", "leave"),
    Key(Place.RULE, "up", "Up", "the field above", "move(-1)"),
    Key(Place.RULE, "down", "Down", "the field below", "move(1)"),
    Key(Place.RULE, "", "Left, Right", "choose among a few words; else move in the text"),
    Key(Place.RULE, "enter", "Enter", "write the rule to the configuration file", "save"),
    Key(Place.RULE, "escape", "Esc", "back, nothing is written", "leave"),
    Key(Place.SHEET, "", "arrows, j k", "scroll; Page Up, Page Down, Home and End scroll further"),
    Key(Place.SHEET, "1", "1", "go to the tiles", "app.pane('wall')"),
    Key(Place.SHEET, "2", "2", "go to the headlines", "app.pane('headlines')"),
    Key(Place.SHEET, "3", "3", "go to the alerts", "app.pane('alerts')"),
    Key(Place.SHEET, "escape,q", "Esc, q", "back", "leave"),
    Key(Place.ANYWHERE, "a", "a", "the rules of the chosen name: what raises alerts on it", "screen.rules"),
    Key(Place.ANYWHERE, "space", "Space", "acknowledge the chosen, else the newest", "screen.acknowledge"),
    Key(Place.ANYWHERE, "A", "A", "acknowledge every alert", "screen.acknowledge_all"),
    Key(Place.ANYWHERE, "z", "z", "snooze the chosen name until a time or the close", "screen.snooze"),
    Key(Place.ANYWHERE, "Z", "Z", "snooze every name", "screen.snooze_all"),
    Key(Place.ANYWHERE, "J", "J", "the journal: past alerts, to search and to export", "journal"),
    Key(Place.ANYWHERE, "m", "m", "bell and notices off or on", "mute"),
    Key(Place.ANYWHERE, "p", "p", "pause or go on: the picture stands still, alerts still come", "pause"),
    Key(Place.ANYWHERE, "4,f", "4, f", "the feeds in full", "feeds"),
    Key(Place.ANYWHERE, "question_mark", "?", "every key", "help"),
    Key(Place.ANYWHERE, "", "Ctrl+P", "command palette"),
    Key(Place.ANYWHERE, "ctrl+l", "Ctrl+L", "draw the screen anew", "repaint"),
    Key(Place.ANYWHERE, "ctrl+z", "Ctrl+Z", "to the shell, until fg; nothing is watched", "suspend_process"),
    Key(Place.ANYWHERE, "ctrl+c,ctrl+q", "Ctrl+C, Ctrl+Q", "leave Tickwall", "quit"),
)  # fmt: skip


def bindings(place: Place) -> list[Binding]:
    """The bindings of a screen, or of the application."""
    return [
        Binding(key.keys, key.action, key.what, show=False, priority="ctrl+c" in key.keys)
        for key in KEYS
        if key.place is place and key.action
    ]


def commands() -> list[Key]:
    """What the command palette offers: every key that does something on the main screen."""
    moves = ("back", "next_pane(1)", "next_pane(-1)", "quit")
    return [
        key
        for key in KEYS
        if key.place in (Place.MAIN, Place.ANYWHERE) and key.action and key.action not in moves
    ]
