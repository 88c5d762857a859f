package password

import (
	"strings"
	"testing"
)

// sesame is the password of hashes whose comment doesn't say.
const sesame = "sésame 7"

// Hashes made by Debian's mkpasswd, by crypt(3) of libxcrypt and by OpenSSL.
var machineHashes = []struct{ name, hash, password string }{
	{"yescrypt", "$y$j9T$LU3l/mEsX5l1Q5CdZHqan.$cF9eUhu61Ei8eHAVuV5xzA7iw98JTE45tl7nSFmxDk8", sesame},
	{"yescrypt, cheapest", "$y$j75$ze/qPycASx/bCpSv91ouJ/$GL79YbNpyyh8DTQF7Z.20OlitpZ.f/oAL1Z/6s7O0t6", sesame},
	{"SHA-512", "$6$JkdD6sFqYvH/OiC2$dJOUS0ciVSoQyIzIC7DPsILQn3iyfKOCrfzf.b0w6Dumo2YPQ8P7l.IWCnmlArMIeCVujMPoBV9N.5fW56KT40", sesame},
	{"SHA-512, rounds", "$6$rounds=1000$FY.VVreUpWTIpPRO$2xCGCoii//kIl8aSEXrXXoquBHexBu7GM0MvxUbZ21TBCNMFbDvsMy60FDd9YH4WDxwsxElKX7hFOCUGGdd7P/", sesame},
	{"SHA-512, 86 bytes", "$6$0123456789abcdef$8gD/.JAH0nCL21Am2X.Mo2AMaYAQjXHU9XJ1c0AApsQTFtzjXyqt3TrmRHM4AKSxIQUY2TkvTzNFFYN.onR2H.", strings.Repeat("x", 86)},
	{"SHA-512, short salt", "$6$rounds=1000$aa$HYcCgsPSk8xnXcwr0VR/HYEIElaRZ8nrrXiU3EKSkuQmvSKCy9XaukjjXW7AGWH3S3dHfT5FJnDmtYXyMtvnl.", strings.Repeat("x", 86)},
	{"SHA-512, no password", "$6$ab$xnh5Qsr2NdbFw1PgdZie7nLON3gv.S.23iQDBqAzkdoXPtDnVSpludXkM5UWybQO3OI7hBj9wHg9Ow6sUWD60/", ""},
	{"SHA-256", "$5$JEq/4UB.vfOzUYbb$7hEpp4A4vHUyG1Nxqk4mtiFNy8y7O1tj4guGV2Wl/v1", sesame},
	{"SHA-256, rounds", "$5$rounds=12345$Vk5P5igeAcFPCxYw$dkLXRcOR8Z2Rh8j.fFB23bJc0sh0jqaub62kF.ndWv9", sesame},
	{"SHA-256, OpenSSL", "$5$vkwUeHNfkZZNPVQ5$Q2E7pa0R4h/oQ43WbXLEynvkn76XW1N8Xvu8aQUSmd1", sesame},
	{"SHA-256, no salt", "$5$$u.RTHRqb3K4D2IOMcMQG/y1RdgV57w5Mfa1P2XqbGR/", "aaa"},
	{"MD5", "$1$ngeplFL3$y1CqNywZAGTREeORZe/Xq/", sesame},
	{"MD5, OpenSSL", "$1$abcdefgh$iTbE6dvSsRE5AbMZXMLph1", sesame},
	{"MD5, no salt", "$1$$NHLJrAHZhRS4XKifo6O5.0", "bc"},
	{"bcrypt", "$2b$05$Vtd.Md30qWEJ7zeddndA1uVId8nslJl.NjZMZy.Q4nsBzqs1Q/EaS", sesame},
	{"argon2id", argonOfPassword, "password"},
}

func TestCryptMatches(t *testing.T) {
	for _, tt := range machineHashes {
		t.Run(tt.name, func(t *testing.T) {
			h, err := ParseCrypt(tt.hash)
			if err != nil {
				t.Fatal(err)
			}
			if !h.Matches([]byte(tt.password)) {
				t.Errorf("%q does not match", tt.password)
			}
			if wrong := tt.password + "\x00"; h.Matches([]byte(wrong)) {
				t.Errorf("%q matches", wrong)
			}
		})
	}
}

func TestParseCryptRefuses(t *testing.T) {
	key86, key43, key22 := strings.Repeat("a", 86), strings.Repeat("a", 43), strings.Repeat("a", 22)
	for _, tt := range []struct{ name, hash, want string }{
		{"empty", "", "none of"},
		{"locked", "!", "none of"},
		{"locked hash", "!$6$ab$" + key86, "none of"},
		{"DES", "abJnggxhB/yWI", "none of"},
		{"gost-yescrypt", "$gy$j9T$s3cr3t$" + key43, "none of"},
		{"scrypt", "$7$CU..../....s3cr3t$" + key43, "none of"},
		{"clear text", "s3cr3t", "none of"},
		{"no hash", "$6$s3cr3t", "SHA-crypt hash: want"},
		{"few rounds", "$6$rounds=999$s3cr3t$" + key86, "SHA-crypt hash: want"},
		{"leading zero", "$6$rounds=05000$s3cr3t$" + key86, "SHA-crypt hash: want"},
		{"too many rounds", "$6$rounds=5000001$s3cr3t$" + key86, "more than 5000000 rounds"},
		{"rounds that overflow", "$6$rounds=99999999999999999999$s3cr3t$" + key86, "SHA-crypt hash: want"},
		{"long salt", "$6$s3cr3t1234567890x$" + key86, "SHA-crypt hash: want"},
		{"short SHA-512", "$6$s3cr3t$" + key43, "want 86"},
		{"long SHA-256", "$5$s3cr3t$" + key86, "want 43"},
		{"alphabet", "$6$s3cr3t$" + key86[1:] + "+", "SHA-crypt hash: want"},
		{"line end", "$6$s3cr3t$" + key86 + "\n", "SHA-crypt hash: want"},
		{"MD5 short", "$1$s3cr3t$" + key22[1:], "MD5-crypt hash: want"},
		{"MD5 long salt", "$1$s3cr3t123$" + key22, "MD5-crypt hash: want"},
		{"yescrypt other flags", "$y$/9T$s3cr3t$" + key43, "yescrypt hash: want $y$j"},
		{"yescrypt little memory", "$y$j5T$abcd$" + key43, "want N of 2^10"},
		{"yescrypt 1 GiB", "$y$jFT$VqX.u8VE8hALXixk3gQXy1$" + key43, "256 MiB"},
		{"yescrypt N 2^19", "$y$jGT$abcd$" + key43, "yescrypt hash: want $y$j"},
		{"yescrypt long r", "$y$j9zz$abcd$" + key43, "yescrypt hash: want $y$j"},
		{"yescrypt salt", "$y$j9T$a$" + key43, "salt"},
		{"yescrypt no salt", "$y$j9T$$" + key43, "yescrypt hash: want $y$j"},
		{"argon2id too large", "$argon2id$v=19$m=9999999,t=2,p=1$s3cr3t$s3cr3t", "want m="},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseCrypt(tt.hash)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("error %v, want %q and no secret", err, tt.want)
			}
		})
	}
}

// FuzzParseCrypt looks for a hash that passes and then fails or is never equal
// to itself: such a user would be answered quicker than others.
func FuzzParseCrypt(f *testing.F) {
	for _, tt := range machineHashes {
		f.Add(tt.hash)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := ParseCrypt(s)
		if err != nil || strings.Contains(s, "rounds=") {
			return
		}
		switch h := h.(type) {
		case yescryptHash:
			if n := alphabet(s[4:5]); n > 10 {
				return // too slow to try many
			}
			h.Matches([]byte("x"))
		case *shaCrypt, *md5Crypt:
			h.Matches([]byte("x"))
		}
	})
}
