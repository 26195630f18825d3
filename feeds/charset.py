"""What a body of bytes says, when the encoding it declares may be wrong or missing."""

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like UTF-16's mark
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HTTP = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.ASCII | re.IGNORECASE)
_DECLARATION = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")

# What the declared name means in the wild, where it is more than the standard says.
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
}
# Encodings of text that this reads; a codec such as unicode_escape or punycode is a way in for an attacker.
_READ = re.compile(
    r"gb18030|big5hkscs|shift_jis|euc_jp|euc_kr|cp932|cp949|(iso8859-|cp125|koi8-|mac-)\w+", re.ASCII
)
# Declared without knowing: servers' default, and one script's encoding for the other's text.
_DOUBTFUL = ("cp1252", "gb18030", "big5hkscs")

# The characters that make up half of what Chinese newspapers print, in both scripts, with market words.
_COMMON = frozenset(
    "的一是不了在人有我他這这個个們们中來来上大為为和國国地到以說说時时要就出會会可也你對对生能而子那得於于著"
    "下自之年過过發发後后作用道行所然家種种事成方多經经麼么去法學学如都同現现當当没沒動动面起看定天分還还進进"
    "好小部其些主樣样理心她本前開开但因只從从想實实日軍军者意無无力它與与長长把機机十民第公此已工使情明性知"
    "全三又關关點点正業业外將将兩两高間间由問问很最重並并物手應应戰战向頭头文體体政美相見见被利什二等產产或"
    "新己制身果加西斯月話话合回特代內内信表化老給给世位次度門门任常先海通教兒儿東东聲声提立及比員员解水名真"
    "論论處处走義义各入幾几口認认條条平系氣气題题活爾尔更別别打女變变四神總总何電电數数安少報报才結结反受目"
    "太量再感建務务做接必場场件計计管期市直德資资命山金指克許许統统區区保至隊队形社便空決决治展馬马科司五基"
    "股價价漲涨跌升收盤盘億亿萬万元港百點點證券银銀行報滙汇騰腾訊讯阿里巴度團团購购增減减持評级級目標标季"
    "，。、：；「」《》（）！？“”％"
)
_ENOUGH = 0.15
_SAMPLE = 4000


def decode(raw: bytes, content_type: str | None = None) -> str:
    """The text of a body: by its byte order mark, else as HTTP or the XML declaration say, else by a guess.

    A declaration under which the bytes make no sense is passed over. Never fails: what no encoding
    reads becomes U+FFFD.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    if wide := _wide(raw):
        return raw.decode(wide, "replace")
    # Legacy text that is valid UTF-8 by chance does not exist at this length; UTF-8 declared as
    # ISO-8859-1 by a server's default, or as utf-16 by a careless program, does.
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy(raw, _declared(raw, content_type))


def _wide(raw: bytes) -> str | None:
    """UTF-16 or UTF-32 without its mark, by where the zeros of the first ASCII characters stand."""
    zeros = tuple(at for at, byte in enumerate(raw[:4]) if not byte)
    return {(1, 3): "utf-16-le", (0, 2): "utf-16-be", (1, 2, 3): "utf-32-le", (0, 1, 2): "utf-32-be"}.get(
        zeros
    )


def _declared(raw: bytes, content_type: str | None) -> list[str]:
    """The encodings that HTTP and the XML declaration name, as far as they can be true."""
    declared = _HTTP.findall(content_type or "")[:1]
    if match := _DECLARATION.search(raw[:1000]):
        declared.append(match[1].decode("ascii"))
    encodings: list[str] = []
    for label in declared:
        try:
            name = codecs.lookup(label).name
        except LookupError:
            continue
        name = _WIDER.get(name, name)
        if _READ.fullmatch(name):
            encodings.append(name)
    return encodings


def _legacy(raw: bytes, declared: list[str]) -> str:
    """What was declared, unless that damages the text or another reading has far more Chinese in it."""
    chosen = next((encoding for encoding in declared if _reads(raw, encoding)), None)
    if chosen is None or chosen in _DOUBTFUL:
        likely = max(("big5hkscs", "gb18030"), key=lambda encoding: _chinese(raw, encoding))
        enough = _ENOUGH if chosen is None else max(_ENOUGH, 2 * _chinese(raw, chosen))
        if _chinese(raw, likely) >= enough:
            return raw.decode(likely, "replace")
    if chosen is not None:
        return raw.decode(chosen)
    # UTF-8 with a few broken bytes, as where a body was cut inside a character, stays UTF-8.
    text = raw.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    whole = sum(character > "\x7f" for character in text) - damaged
    return text if whole > damaged else raw.decode(declared[0] if declared else "cp1252", "replace")


def _reads(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _chinese(raw: bytes, encoding: str) -> float:
    """The share of common Chinese characters among those beyond ASCII."""
    foreign = re.sub(r"[\x00-\x7f]+", "", raw.decode(encoding, "replace"))[:_SAMPLE]
    return sum(map(_COMMON.__contains__, foreign)) / len(foreign) if foreign else 0.0
