"""Names of states and seats of government, which in news act and speak without a first name."""

from __future__ import annotations

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
