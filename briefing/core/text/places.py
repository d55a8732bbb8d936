"""Names of states and seats of government, which in news act and speak without a first name."""

from __future__ import annotations

import re

#: States of one word (members and observers of the United Nations, and Kosovo and Taiwan).
_STATES = (
    "Afghanistan Albania Algeria Andorra Angola Argentina Armenia Australia Austria Azerbaijan "
    "Bahamas Bahrain Bangladesh Barbados Belarus Belgium Belize Benin Bhutan Bolivia Botswana "
    "Brazil Britain Brunei Bulgaria Burundi Cambodia Cameroon Canada Chad Chile China Colombia "
    "Comoros Congo Croatia Cuba Cyprus Czechia Denmark Djibouti Dominica Ecuador Egypt England "
    "Eritrea Estonia Eswatini Ethiopia Fiji Finland France Gabon Gambia Georgia Germany Ghana "
    "Greece Grenada Guatemala Guinea Guyana Haiti Honduras Hungary Iceland India Indonesia Iran "
    "Iraq Ireland Israel Italy Jamaica Japan Jordan Kazakhstan Kenya Kiribati Kosovo Kuwait "
    "Kyrgyzstan Laos Latvia Lebanon Lesotho Liberia Libya Liechtenstein Lithuania Luxembourg "
    "Madagascar Malawi Malaysia Maldives Mali Malta Mauritania Mauritius Mexico Micronesia Moldova "
    "Monaco Mongolia Montenegro Morocco Mozambique Myanmar Namibia Nauru Nepal Netherlands "
    "Nicaragua Niger Nigeria Norway Oman Pakistan Palau Palestine Panama Paraguay Peru Philippines "
    "Poland Portugal Qatar Romania Russia Rwanda Samoa Scotland Senegal Serbia Seychelles "
    "Singapore Slovakia Slovenia Somalia Spain Sudan Suriname Sweden Switzerland Syria Taiwan "
    "Tajikistan Tanzania Thailand Togo Tonga Tunisia Turkey Turkmenistan Tuvalu Türkiye Uganda "
    "Ukraine Uruguay Uzbekistan Vanuatu Venezuela Vietnam Wales Yemen Zambia Zimbabwe"
)
#: Seats that stand for a government in the language of news.
_SEATS = (
    "Abuja Algiers Amman Ankara Astana Athens Baghdad Baku Bangkok Beijing Beirut Belgrade Berlin "
    "Bern Bogota Brasilia Brasília Bratislava Brussels Bucharest Budapest Cairo Canberra Caracas "
    "Copenhagen Damascus Delhi Dhaka Doha Dublin Hanoi Harare Havana Helsinki Islamabad Jakarta "
    "Jerusalem Kabul Khartoum Kiev Kigali Kyiv Lima Lisbon London Madrid Manila Minsk Moscow "
    "Nairobi Nicosia Oslo Ottawa Paris Prague Pretoria Pyongyang Quito Rabat Riga Riyadh Rome "
    "Santiago Sarajevo Seoul Skopje Sofia Stockholm Taipei Tallinn Tbilisi Tehran Tirana Tokyo "
    "Tripoli Tunis Vienna Vilnius Warsaw Washington Yerevan Zagreb"
)
#: All of them.
PLACES = frozenset(f"{_STATES} {_SEATS}".split())
#: What belongs to a state, where that is another word, and other names of states and of unions.
_OF_STATES = dict(
    pair.split(":")
    for pair in (
        "Afghan:Afghanistan Taliban:Afghanistan Albanian:Albania Algerian:Algeria American:US "
        "Americans:US USA:US Argentine:Argentina Armenian:Armenia Australian:Australia "
        "Austrian:Austria Azeri:Azerbaijan Belarusian:Belarus Belgian:Belgium Bolivian:Bolivia "
        "Bosnia:Bosnia Bosnian:Bosnia Brazilian:Brazil British:Britain UK:Britain "
        "Bulgarian:Bulgaria Burma:Myanmar Canadian:Canada Chilean:Chile Chinese:China "
        "Colombian:Colombia Croatian:Croatia Cuban:Cuba Czech:Czechia Danish:Denmark "
        "Dutch:Netherlands Egyptian:Egypt Estonian:Estonia Ethiopian:Ethiopia EU:EU "
        "Finnish:Finland French:France Gaza:Palestine Georgian:Georgia German:Germany "
        "Greek:Greece Haitian:Haiti Hungarian:Hungary Indian:India Indonesian:Indonesia "
        "Iranian:Iran Iraqi:Iraq Irish:Ireland Israeli:Israel Italian:Italy Japanese:Japan "
        "Jordanian:Jordan Kenyan:Kenya Korea:Korea Korean:Korea DPRK:Korea Kremlin:Russia "
        "Kurdish:Kurds Kurds:Kurds Kuwaiti:Kuwait Latvian:Latvia Lebanese:Lebanon Libyan:Libya "
        "Lithuanian:Lithuania Malaysian:Malaysia Mexican:Mexico Moroccan:Morocco NATO:NATO "
        "Nato:NATO Nigerian:Nigeria Norwegian:Norway Pakistani:Pakistan Palestinian:Palestine "
        "Palestinians:Palestine Peruvian:Peru Philippine:Philippines Filipino:Philippines "
        "Polish:Poland Portuguese:Portugal ROK:Korea Romanian:Romania Russian:Russia "
        "Russians:Russia Saudi:Saudi Arabia:Saudi Serbian:Serbia Slovak:Slovakia Somali:Somalia "
        "Soviet:Soviets Soviets:Soviets SOVIET:Soviets SOVIETS:Soviets Spanish:Spain "
        "Sudanese:Sudan Swedish:Sweden Swiss:Switzerland Syrian:Syria Taiwanese:Taiwan "
        "Thai:Thailand Tunisian:Tunisia Turkish:Turkey Ukrainian:Ukraine US:US "
        "Venezuelan:Venezuela Vietnamese:Vietnam Yemeni:Yemen"
    ).split()
)
_IN_A_HEADLINE = {name.upper(): name for name in PLACES if len(name) > 3}
_UNITED = re.compile(r"\b(?:U\.S\.|United States|UNITED STATES)")
_WORD = re.compile(r"[^\W\d_]+")


def states(text: str) -> frozenset[str]:
    """Return the states, seats of government and unions of states that a text names."""
    words = _WORD.findall(_UNITED.sub("US", text))
    named = (_OF_STATES.get(word) or _IN_A_HEADLINE.get(word, word) for word in words)
    known = {*_OF_STATES.values()} | PLACES
    return frozenset(name for name in named if name in known)
