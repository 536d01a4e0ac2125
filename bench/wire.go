package main

// A size is what a subject's cookie takes on the wire, in characters.
type size struct {
	value int
	line  int  // the whole Set-Cookie line; 0 where it is not known
	fits  bool // name and value in one cookie
}

// sizes are those of each payload and subject.
type sizes map[string]map[string]size

// Django and Flask are there with their sizes alone.
const (
	djangoSigned = "django"
	flaskSigned  = "flask"
)

// elsewhere are sizes that were measured once, with Django 3.2.25 (the session
// backend signed_cookies, JSONSerializer) and Flask 2.2.2: both JSON, zlib, signed.
var elsewhere = map[string]map[string]int{
	djangoSigned: {
		"tiny": 205, "login": 560, "cart": 1098, "oauth": 3296, "large": 3138,
		"anonymous": 202, "member": 592, "board": 1167, "sso": 2576, "draft": 4146,
	},
	flaskSigned: {
		"tiny": 189, "login": 544, "cart": 1082, "oauth": 3280, "large": 3122,
		"anonymous": 186, "member": 576, "board": 1151, "sso": 2560, "draft": 4130,
	},
}

func init() {
	titles[djangoSigned] = "Django 3.2 signed_cookies"
	titles[flaskSigned] = "Flask 2.2"
}

// cookieSubjects are those with the session in the cookie.
var cookieSubjects = []string{
	oursSigned, oursEncrypted, gorillaSigned, gorillaEncrypted,
	securecookieSigned, securecookieEncrypt, jwtHS256, plainCookie, djangoSigned, flaskSigned,
}

func wireSizes(subjects []subject, payloads []*payload) sizes {
	all := sizes{}
	for _, p := range payloads {
		all[p.name] = map[string]size{}
		for _, s := range subjects {
			if _, isParts := s.(*parts); isParts {
				continue // its cookies are ours
			}
			value, line, err := cookieOf(s, p)
			n := len(value)
			if o, isOurs := s.(ours); isOurs && err != nil {
				n = o.weight(p.value)
			} else if err != nil || n == 0 {
				continue
			}
			all[p.name][s.name()] = size{n, len(line), n+len(cookieName) <= cookieMax}
		}
		for subject, values := range elsewhere {
			if n, known := values[p.name]; known {
				all[p.name][subject] = size{n, 0, n+len(cookieName) <= cookieMax}
			}
		}
	}
	return all
}
